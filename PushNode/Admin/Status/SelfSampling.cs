using Microsoft.Extensions.Hosting;
using PushNode.Counting;

namespace PushNode.Admin.Status;

/// <summary>Takes a sample of this node at each full second of the clock, as all nodes do, so that those of a cluster can be added up.</summary>
internal sealed class SelfSampling(IEnumerable<ICounted> counted, SampleRing ring, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(200);

    private readonly ICounted[] counted = [.. counted];
    private NodeCounts before = new();
    private TimeSpan cpuBefore = Environment.CpuUsage.TotalTime;
    private long takenAt = time.GetTimestamp();
    private long number;

    /// <summary>Samples what has been since the last time.</summary>
    public void Take()
    {
        NodeCounts now = new();
        foreach (ICounted module in counted)
            module.AddTo(now);
        TimeSpan cpu = Environment.CpuUsage.TotalTime;
        TimeSpan elapsed = time.GetElapsedTime(takenAt);
        takenAt = time.GetTimestamp();
        ring.Add(new NodeSample
        {
            Number = ++number,
            Time = time.GetUtcNow().ToUnixTimeMilliseconds(),
            Connections = now.Connections,
            OutboxBytes = now.OutboxBytes,
            Accepted = now.Accepted - before.Accepted,
            Delivered = now.Delivered - before.Delivered,
            Replayed = now.Replayed - before.Replayed,
            Dropped = now.Dropped - before.Dropped,
            Refused = now.Refused - before.Refused,
            Latencies = now.Latencies.Since(before.Latencies),
            Memory = Environment.WorkingSet,
            Heap = GC.GetTotalMemory(forceFullCollection: false),
            MilliCores = elapsed > TimeSpan.Zero ? (int)Math.Round((cpu - cpuBefore) / elapsed * 1000) : 0,
        });
        (before, cpuBefore) = (now, cpu);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            TimeSpan rest = Interval - TimeSpan.FromMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds() % (long)Interval.TotalMilliseconds);
            // A timer that fired a moment early must not make two samples of one second.
            await Task.Delay(rest < Shortest ? rest + Interval : rest, time, stoppingToken);
            Take();
        }
    }
}
