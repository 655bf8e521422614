using System.Diagnostics.Metrics;
using PushNode.Counting;
using PushNode.Messages;

namespace PushNode.Dispatch;

/// <summary>What is counted of the messages that go to other nodes.</summary>
internal sealed class DispatchMetrics : ICounted, IDisposable
{
    private readonly Meter meter = new("PushNode");
    private readonly Tally ephemeralDropped = new();
    private readonly Counter<long> dropped;

    public DispatchMetrics()
    {
        dropped = meter.CreateCounter<long>("pushnode.links.dropped", description: "Messages not brought to a node, by reason and whether the store has them");
        Forwarded = meter.CreateCounter<long>("pushnode.links.messages", description: "Messages that other nodes have taken");
        Requests = meter.CreateCounter<long>("pushnode.links.requests", description: "Requests with messages to other nodes");
        Queued = meter.CreateUpDownCounter<long>("pushnode.links.queued", description: "Messages that wait for a node");
    }

    public Counter<long> Forwarded { get; }

    public Counter<long> Requests { get; }

    public UpDownCounter<long> Queued { get; }

    /// <summary>A message is not brought to a node: counts it, and tells who waits for its report.</summary>
    /// <returns>Whether it is in the store, where the node can find it.</returns>
    public bool GiveUp(Message message, string reason)
    {
        dropped.Add(1, new("reason", reason), new("stored", !message.Ephemeral));
        if (message.Ephemeral)
            ephemeralDropped.Add(1);
        message.Report?.Add(0);
        return !message.Ephemeral;
    }

    public void AddTo(NodeCounts sum) => sum.Dropped += ephemeralDropped.Total;

    public void Dispose() => meter.Dispose();
}
