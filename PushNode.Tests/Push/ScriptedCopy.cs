using PushNode.Cluster;

namespace PushNode.Tests.Push;

/// <summary>A copy of the revocations that all nodes share, with one in it if the test likes.</summary>
internal sealed class ScriptedCopy : IRevocationCopy
{
    public long Before { get; set; }

    /// <summary>What a question waits for, after it was asked.</summary>
    public TaskCompletionSource? Gate { get; set; }

    public int Asked { get; private set; }

    public ValueTask PutAsync(string userId, long before, CancellationToken cancellationToken)
    {
        Before = before;
        return ValueTask.CompletedTask;
    }

    public async ValueTask<long> FindAsync(string userId, CancellationToken cancellationToken)
    {
        long found = Before;
        Asked++;
        if (Gate is { } gate)
            await gate.Task.WaitAsync(cancellationToken);
        return found;
    }
}
