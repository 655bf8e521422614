using System.Diagnostics.Metrics;

namespace PushNode.Storage;

/// <summary>What the storage module counts.</summary>
internal static class StorageMetrics
{
    private static readonly Meter Meter = new("PushNode");

    public static Counter<long> CursorsForgotten { get; } =
        Meter.CreateCounter<long>("pushnode.cursors.forgotten", "{cursor}", "Cursors forgotten because their user had more than are kept");
}
