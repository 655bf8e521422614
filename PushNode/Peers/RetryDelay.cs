namespace PushNode.Peers;

/// <summary>How long to wait before asking again: longer with each failure, and different for each who waits, so that they do not come back in step.</summary>
internal sealed class RetryDelay(TimeSpan first, TimeSpan longest)
{
    private const int MostDoublings = 20;

    private int failures;

    /// <summary>The next failure is the first again.</summary>
    public void Reset() => failures = 0;

    /// <summary>Between half of the present bound and all of it; the bound doubles.</summary>
    public TimeSpan Next()
    {
        TimeSpan bound = first * (1 << Math.Min(failures++, MostDoublings));
        return (bound < longest ? bound : longest) * (0.5 + (Random.Shared.NextDouble() / 2));
    }
}
