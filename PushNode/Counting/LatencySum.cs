namespace PushNode.Counting;

/// <summary>Durations added up, of several nodes say.</summary>
internal sealed class LatencySum
{
    private readonly long[] counts = new long[LatencyBuckets.Count];

    public void Add(int bucket, long count) => counts[bucket] += count;

    public void Add(IReadOnlyList<LatencyCount> some)
    {
        foreach (LatencyCount one in some)
            counts[one.Bucket] += one.Count;
    }

    /// <summary>What is here and was not there before.</summary>
    public LatencyCount[] Since(LatencySum before)
    {
        var some = new List<LatencyCount>();
        for (int bucket = 0; bucket < counts.Length; bucket++)
        {
            long count = counts[bucket] - before.counts[bucket];
            if (count > 0)
                some.Add(new LatencyCount((byte)bucket, (int)Math.Min(count, int.MaxValue)));
        }

        return [.. some];
    }

    /// <summary>The duration, in milliseconds, that this share of all did not exceed, give or take half a bucket; null when there are none.</summary>
    /// <param name="share">From 0 to 1: 0.99 for the 99th percentile.</param>
    public double? Percentile(double share)
    {
        long total = counts.Sum();
        long left = Math.Max(1, (long)Math.Ceiling(total * share));
        for (int bucket = 0; bucket < counts.Length && total > 0; bucket++)
        {
            left -= counts[bucket];
            if (left <= 0)
                return Math.Round(LatencyBuckets.MiddleOf(bucket), 3);
        }

        return null;
    }
}
