using System.Diagnostics.Metrics;
using PushNode.Messages;

namespace PushNode.Dispatch;

/// <summary>What is counted of the messages that go to other nodes.</summary>
internal static class DispatchMetrics
{
    private static readonly Meter Meter = new("PushNode");

    private static readonly Counter<long> Dropped = Meter.CreateCounter<long>(
        "pushnode.links.dropped", description: "Messages not brought to a node, by reason and whether the store has them");

    public static Counter<long> Forwarded { get; } = Meter.CreateCounter<long>("pushnode.links.messages", description: "Messages that other nodes have taken");

    public static Counter<long> Requests { get; } = Meter.CreateCounter<long>("pushnode.links.requests", description: "Requests with messages to other nodes");

    public static UpDownCounter<long> Queued { get; } = Meter.CreateUpDownCounter<long>("pushnode.links.queued", description: "Messages that wait for a node");

    /// <summary>A message is not brought to a node: counts it, and tells who waits for its report.</summary>
    /// <returns>Whether it is in the store, where the node can find it.</returns>
    public static bool GiveUp(Message message, string reason)
    {
        Dropped.Add(1, new("reason", reason), new("stored", !message.Ephemeral));
        message.Report?.Add(0);
        return !message.Ephemeral;
    }
}
