namespace PushNode.Commands;

/// <summary>Waiting times that grow with each failure, each chosen at random below its bound so that clients do not come back in step.</summary>
internal sealed class Backoff(TimeSpan first, TimeSpan max)
{
    private int failures;

    public void Reset() => failures = 0;

    /// <summary>From 0 to the present bound, which doubles.</summary>
    public TimeSpan Next()
    {
        double bound = Math.Min(max.TotalMilliseconds, first.TotalMilliseconds * Math.Pow(2, Math.Min(failures++, 30)));
        return TimeSpan.FromMilliseconds(Random.Shared.NextDouble() * bound);
    }
}
