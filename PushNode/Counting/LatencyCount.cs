namespace PushNode.Counting;

/// <summary>How many durations were in one bucket.</summary>
/// <param name="Bucket">Below <see cref="LatencyBuckets.Count"/>.</param>
/// <param name="Count">More than 0.</param>
internal readonly record struct LatencyCount(byte Bucket, int Count);
