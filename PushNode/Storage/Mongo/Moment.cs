namespace PushNode.Storage.Mongo;

/// <summary>A moment by both clocks: the one that runs evenly stands still while the machine is suspended, the other one may be set.</summary>
internal readonly record struct Moment(long Timestamp, DateTimeOffset Wall)
{
    public static Moment Now(TimeProvider time) => new(time.GetTimestamp(), time.GetUtcNow());

    /// <summary>How long ago it was, by the clock by which that is longer.</summary>
    public TimeSpan AgeIn(TimeProvider time)
    {
        TimeSpan even = time.GetElapsedTime(Timestamp);
        TimeSpan wall = time.GetUtcNow() - Wall;
        return even > wall ? even : wall;
    }
}
