using PushNode.Messages;
using PushNode.Storage;

namespace PushNode.Tests.Storage.Mongo;

/// <summary>Hints as the test has them; and it may keep one collector waiting for its hints, which it then goes by when it gets on.</summary>
internal sealed class NumberingHints : IHeadHints
{
    private TaskCompletionSource? gate;
    private TaskCompletionSource? arrived;

    /// <summary>What is known of a channel in an epoch; 0: nothing.</summary>
    public Func<Channel, string, long> Find { get; set; } = static (_, _) => 0;

    /// <summary>How often it was asked.</summary>
    public int Asked { get; private set; }

    /// <summary>The next one that asks is answered when it is let go; the task ends when it has asked, and the answer is that of then.</summary>
    public Task HoldAsync()
    {
        gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return arrived.Task;
    }

    public void Release() => gate?.TrySetResult();

    public async ValueTask<long[]> ReadAsync(IReadOnlyList<Channel> channels, string epoch, CancellationToken cancellationToken)
    {
        Asked++;
        long[] found = [.. channels.Select(c => Find(c, epoch))];
        if (arrived?.TrySetResult() == true)
            await gate!.Task.WaitAsync(cancellationToken);
        return found;
    }
}
