using PushNode.Counting;

namespace PushNode.Admin.Status;

/// <summary>What a node did in about a second, and what it had at its end.</summary>
internal sealed record NodeSample
{
    /// <summary>From 1, one higher with each sample of a node's run.</summary>
    public required long Number { get; init; }

    /// <summary>Its end, in Unix milliseconds.</summary>
    public required long Time { get; init; }

    /// <summary>The full second at which it was taken, or meant to be, in Unix seconds.</summary>
    public long Second => (Time + 500) / 1000;

    public int Connections { get; init; }

    public long OutboxBytes { get; init; }

    public long Accepted { get; init; }

    public long Delivered { get; init; }

    public long Replayed { get; init; }

    public long Dropped { get; init; }

    public long Refused { get; init; }

    public IReadOnlyList<LatencyCount> Latencies { get; init; } = [];

    /// <summary>Memory of the process, in bytes.</summary>
    public long Memory { get; init; }

    /// <summary>Of that, what managed objects take.</summary>
    public long Heap { get; init; }

    /// <summary>Thousandths of a core that the process has kept busy.</summary>
    public int MilliCores { get; init; }
}
