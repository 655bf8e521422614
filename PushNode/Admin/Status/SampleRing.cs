namespace PushNode.Admin.Status;

/// <summary>This node's samples of the last five minutes.</summary>
internal sealed class SampleRing
{
    /// <summary>How many are kept.</summary>
    public const int Size = 300;

    private readonly Lock gate = new();
    private readonly Queue<NodeSample> samples = new(Size);
    private TaskCompletionSource next = NewNext();

    /// <summary>Done when one is added after this was asked.</summary>
    public Task Next
    {
        get
        {
            lock (gate)
                return next.Task;
        }
    }

    public bool IsEmpty
    {
        get
        {
            lock (gate)
                return samples.Count == 0;
        }
    }

    public void Add(NodeSample sample)
    {
        TaskCompletionSource waited;
        lock (gate)
        {
            if (samples.Count == Size)
                samples.Dequeue();
            samples.Enqueue(sample);
            (waited, next) = (next, NewNext());
        }

        waited.SetResult();
    }

    /// <summary>Those with a higher number, oldest first.</summary>
    public NodeSample[] Since(long number)
    {
        lock (gate)
            return [.. samples.Where(s => s.Number > number)];
    }

    private static TaskCompletionSource NewNext() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
