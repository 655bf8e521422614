namespace PushNode.Diagnostics;

/// <summary>A moment by both clocks: one that counts a suspended machine, and one that nobody sets.</summary>
internal sealed record Moment(long Timestamp, DateTimeOffset Time)
{
    public static Moment Now(TimeProvider time) => new(time.GetTimestamp(), time.GetUtcNow());

    /// <summary>How long ago it was, by the clock by which it is longer.</summary>
    public TimeSpan Age(TimeProvider time)
    {
        TimeSpan counted = time.GetElapsedTime(Timestamp);
        TimeSpan told = time.GetUtcNow() - Time;
        return counted > told ? counted : told;
    }
}
