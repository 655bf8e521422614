namespace PushNode.Bench;

/// <summary>What came out of a run. Histograms are in nanoseconds.</summary>
internal sealed record BenchResult
{
    public required BenchPlan Plan { get; init; }

    /// <summary>Connections that were live once.</summary>
    public int Connected { get; init; }

    /// <summary>From the first socket to the last connection that is live.</summary>
    public TimeSpan ConnectSpan { get; init; }

    public required Histogram ConnectTimes { get; init; }

    /// <summary>Connections that ended before the run did.</summary>
    public int Ended { get; init; }

    /// <summary>How long was measured: shorter than asked for when the run was stopped.</summary>
    public TimeSpan Measured { get; init; }

    /// <summary>Messages of the whole run: sent, answered 202, answered otherwise, not answered.</summary>
    public long Sent { get; init; }

    public long Accepted { get; init; }

    public long Refused { get; init; }

    public long Unanswered { get; init; }

    /// <summary>Deliveries of the whole run.</summary>
    public long Delivered { get; init; }

    /// <summary>Messages answered 202 while it was measured.</summary>
    public long AcceptedMeasured { get; init; }

    /// <summary>Deliveries while it was measured.</summary>
    public long DeliveredMeasured { get; init; }

    public required Histogram Latencies { get; init; }

    public required Histogram LastReceiver { get; init; }

    public required Histogram AnswerTimes { get; init; }

    /// <summary>The furthest that sending fell behind the schedule.</summary>
    public TimeSpan MostBehind { get; init; }

    /// <summary>Messages that were due at the end and had not been sent, so that no latency has them in it.</summary>
    public long Overdue { get; init; }

    /// <summary>Before the first connection.</summary>
    public Usage Empty { get; init; }

    /// <summary>With all connections, before the first message.</summary>
    public Usage Idle { get; init; }

    /// <summary>At the start and the end of what was measured.</summary>
    public Usage Start { get; init; }

    public Usage End { get; init; }

    /// <summary>The machine's load at the end; null where it is not known.</summary>
    public double? Load { get; init; }

    public Verdict Verdict { get; init; }

    public required IReadOnlyList<string> Problems { get; init; }

    /// <summary>Nothing lost, doubled or out of order, nobody refused or thrown out.</summary>
    public bool IsGood { get; init; }

    /// <summary>CPU time of the node per delivery while it was measured, in microseconds; null when not known.</summary>
    public double? NodeCpu => DeliveredMeasured == 0 || End.Node - Start.Node is not { } cpu ? null : cpu.TotalMicroseconds / DeliveredMeasured;

    /// <summary>That of this process.</summary>
    public double? OwnCpu => DeliveredMeasured == 0 ? null : (End.Own - Start.Own).TotalMicroseconds / DeliveredMeasured;

    /// <summary>How many processors the node kept busy.</summary>
    public double? NodeCores => Measured > TimeSpan.Zero && End.Node - Start.Node is { } cpu ? cpu / Measured : null;

    public double? OwnCores => Measured > TimeSpan.Zero ? (End.Own - Start.Own) / Measured : null;

    /// <summary>What one connection took of the node's memory, in bytes; null when not known.</summary>
    public double? MemoryPerConnection => Connected == 0 || Idle.Memory - Empty.Memory is not { } bytes ? null : (double)bytes / Connected;

    public double? ConnectCpu => Connected == 0 || Idle.Node - Empty.Node is not { } cpu ? null : cpu.TotalMicroseconds / Connected;
}
