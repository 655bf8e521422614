using System.Diagnostics.Metrics;
using PushNode.Counting;
using PushNode.Messages;

namespace PushNode.Push;

/// <summary>What the push role counts. On the way of a message it is called once for each channel's message, not for each connection.</summary>
internal sealed class PushMetrics : ICounted, IDisposable
{
    private readonly Meter meter = new("PushNode");
    private readonly TimeProvider time;
    private readonly Tally delivered = new();
    private readonly Tally replayed = new();
    private readonly Tally refused = new();
    private readonly Tally ephemeralDropped = new();
    private readonly Latencies latencies = new();
    private readonly Counter<long> refusedByStatus;
    private readonly Counter<long> closed;
    private int connections;
    private long outboxBytes;

    public PushMetrics(TimeProvider time)
    {
        this.time = time;
        meter.CreateObservableUpDownCounter("pushnode.connections", () => connections, description: "Open connections");
        meter.CreateObservableCounter("pushnode.messages.delivered", () => delivered.Total, description: "Live messages put into the outbox of a connection");
        meter.CreateObservableCounter("pushnode.messages.replayed", () => replayed.Total, description: "Messages from the store put into the outbox of a connection");
        meter.CreateObservableCounter("pushnode.ephemeral.dropped", () => ephemeralDropped.Total, description: "Ephemeral messages dropped for a slow connection");
        meter.CreateObservableGauge("pushnode.outbox.bytes", () => OutboxBytes, "By", "Bytes that wait to be written to connections");
        refusedByStatus = meter.CreateCounter<long>("pushnode.connections.refused", description: "Connections refused, by status");
        closed = meter.CreateCounter<long>("pushnode.connections.closed", description: "Connections closed by the node, by code");
        FellBehind = meter.CreateCounter<long>("pushnode.subscriptions.behind", description: "Times a subscription was too slow for live delivery and went to the store");
        GapsFilled = meter.CreateCounter<long>("pushnode.gaps.filled", description: "Reads of the store for messages that live delivery missed");
    }

    public Counter<long> FellBehind { get; }

    public Counter<long> GapsFilled { get; }

    /// <summary>Bytes that wait in all outboxes, as they were last added up.</summary>
    public long OutboxBytes
    {
        get => Volatile.Read(ref outboxBytes);
        set => Volatile.Write(ref outboxBytes, value);
    }

    public void CountConnected() => Interlocked.Increment(ref connections);

    public void CountDisconnected() => Interlocked.Decrement(ref connections);

    public void CountRefused(int status)
    {
        refused.Add(1);
        refusedByStatus.Add(1, new KeyValuePair<string, object?>("status", status));
    }

    public void CountClosed(CloseCode code) => closed.Add(1, new KeyValuePair<string, object?>("code", (int)code));

    /// <summary>A live message has been put into the outboxes of a channel's connections: counts them, and how long that took since it was accepted.</summary>
    /// <param name="message">The message.</param>
    /// <param name="written">Into how many, more than 0.</param>
    public void CountDelivered(Message message, int written)
    {
        delivered.Add(written);
        if (message.Accepted != 0)
            latencies.Record((long)time.GetElapsedTime(message.Accepted).TotalMicroseconds);
        else if (message.TryFindTime(out long accepted))
            latencies.Record((time.GetUtcNow().ToUnixTimeMilliseconds() - accepted) * 1000);
    }

    public void CountReplayed(int written) => replayed.Add(written);

    public void CountEphemeralDropped() => ephemeralDropped.Add(1);

    public void AddTo(NodeCounts sum)
    {
        sum.Delivered += delivered.Total;
        sum.Replayed += replayed.Total;
        sum.Dropped += ephemeralDropped.Total;
        sum.Refused += refused.Total;
        sum.Connections += connections;
        sum.OutboxBytes += OutboxBytes;
        latencies.AddTo(sum.Latencies);
    }

    public void Dispose() => meter.Dispose();
}
