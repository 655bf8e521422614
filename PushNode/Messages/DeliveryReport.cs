namespace PushNode.Messages;

/// <summary>Counts the connections that one request's messages were written to, for a producer that waits to be told.</summary>
internal sealed class DeliveryReport
{
    private readonly TaskCompletionSource completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int outstanding;
    private int connections;

    /// <param name="messages">How many messages will be reported, one <see cref="Add"/> each.</param>
    public DeliveryReport(int messages) => outstanding = messages;

    /// <summary>Connections written to so far.</summary>
    public int Connections => Volatile.Read(ref connections);

    /// <summary>Done when every message has been reported.</summary>
    public Task Completed => completion.Task;

    /// <summary>One message has been written to this many connections.</summary>
    public void Add(int written)
    {
        Interlocked.Add(ref connections, written);
        if (Interlocked.Decrement(ref outstanding) == 0)
            completion.TrySetResult();
    }
}
