namespace PushNode.Messages;

/// <summary>Counts the connections that one request's messages were written to, for a producer that waits to be told.</summary>
internal sealed class DeliveryReport
{
    private readonly TaskCompletionSource completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int outstanding;
    private int connections;

    /// <param name="messages">How many messages the request has.</param>
    public DeliveryReport(int messages) => outstanding = messages;

    /// <summary>Connections written to so far.</summary>
    public int Connections => Volatile.Read(ref connections);

    /// <summary>Done when every message has been reported by every node it went to.</summary>
    public Task Completed => completion.Task;

    /// <summary>One message goes to this many nodes: as many <see cref="Add"/> are to come for it.</summary>
    public void Route(int nodes) => Settle(1 - nodes);

    /// <summary>One node has written one message to this many connections.</summary>
    public void Add(int written)
    {
        Interlocked.Add(ref connections, written);
        Settle(1);
    }

    private void Settle(int reports)
    {
        if (Interlocked.Add(ref outstanding, -reports) == 0)
            completion.TrySetResult();
    }
}
