using System.Threading.Tasks.Sources;
using PushNode.Messages;

namespace PushNode.Collect;

/// <summary>
/// Messages that go into one batch together, and the one wait for what became of them. It can be used again after <see cref="Reset"/>, so that a stream of
/// them allocates no task per wait.
/// </summary>
/// <param name="ephemeral">Whether its messages skip the store; they are all of one kind.</param>
internal sealed class Submission(bool ephemeral) : IValueTaskSource
{
    private ManualResetValueTaskSourceCore<bool> completion;

    public bool Ephemeral => ephemeral;

    /// <summary>Whether all that follows its completion is an answer to one request: that may happen right where it is completed.</summary>
    public bool AnswersAtOnce { get; init; }

    /// <summary>In the order in which they will be numbered.</summary>
    public List<Message> Messages { get; } = [];

    /// <summary>Bytes of data in all of them.</summary>
    public long Bytes { get; private set; }

    /// <summary>Done when every message has its outcome (durable) or is on its way (ephemeral). To be awaited once for each time it is submitted.</summary>
    public ValueTask Completion => new(this, completion.Version);

    public void Add(Message message)
    {
        Messages.Add(message);
        Bytes += message.Data.Length;
    }

    /// <summary>Called by the batcher, which does not touch the submission or its list afterwards.</summary>
    public void Complete()
    {
        completion.RunContinuationsAsynchronously = !AnswersAtOnce;
        completion.SetResult(true);
    }

    /// <summary>Makes it empty and ready to be submitted again; only after <see cref="Completion"/> was awaited, or when it was not accepted.</summary>
    public void Reset()
    {
        Messages.Clear();
        Bytes = 0;
        completion.Reset();
    }

    void IValueTaskSource.GetResult(short token) => completion.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => completion.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        completion.OnCompleted(continuation, state, token, flags);
}
