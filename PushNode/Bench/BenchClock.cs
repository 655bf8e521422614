namespace PushNode.Bench;

/// <summary>A monotonic clock in nanoseconds since it was made.</summary>
internal sealed class BenchClock(TimeProvider time)
{
    public const long Second = 1_000_000_000;

    private readonly long origin = time.GetTimestamp();
    private readonly long unit = Second / time.TimestampFrequency;

    public long Now => (time.GetTimestamp() - origin) * unit;
}
