using System.Diagnostics.Metrics;

namespace PushNode.Push;

/// <summary>What the push role counts.</summary>
internal static class PushMetrics
{
    private static readonly Meter Meter = new("PushNode");

    public static Counter<long> Refused { get; } = Meter.CreateCounter<long>("pushnode.connections.refused", description: "Connections refused, by status");

    public static UpDownCounter<long> Connections { get; } = Meter.CreateUpDownCounter<long>("pushnode.connections", description: "Open connections");

    public static Counter<long> Closed { get; } = Meter.CreateCounter<long>("pushnode.connections.closed", description: "Connections closed by the node, by code");

    public static Counter<long> FellBehind { get; } =
        Meter.CreateCounter<long>("pushnode.subscriptions.behind", description: "Times a subscription was too slow for live delivery and went to the store");

    public static Counter<long> EphemeralDropped { get; } =
        Meter.CreateCounter<long>("pushnode.ephemeral.dropped", description: "Ephemeral messages dropped for a slow connection");

    public static Counter<long> GapsFilled { get; } = Meter.CreateCounter<long>("pushnode.gaps.filled", description: "Reads of the store for messages that live delivery missed");
}
