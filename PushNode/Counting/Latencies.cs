namespace PushNode.Counting;

/// <summary>Durations as they are measured on a hot path: one atomic addition each.</summary>
internal sealed class Latencies
{
    private readonly long[][] stripes = [.. Enumerable.Range(0, Stripes.Count).Select(static _ => new long[LatencyBuckets.Count])];

    public void Record(long microseconds) => Interlocked.Increment(ref stripes[Stripes.Mine][LatencyBuckets.Of(microseconds)]);

    /// <summary>Adds all that was recorded so far.</summary>
    public void AddTo(LatencySum sum)
    {
        foreach (long[] counts in stripes)
        {
            for (int bucket = 0; bucket < counts.Length; bucket++)
                sum.Add(bucket, Volatile.Read(ref counts[bucket]));
        }
    }
}
