namespace PushNode.Diagnostics;

/// <summary>Says yes once in an interval: for a log that is not to be flooded.</summary>
internal sealed class Occasional(TimeProvider time, TimeSpan interval)
{
    private long last;

    public bool IsDue()
    {
        long before = Interlocked.Read(ref last);
        return (before == 0 || time.GetElapsedTime(before) >= interval) && Interlocked.CompareExchange(ref last, time.GetTimestamp(), before) == before;
    }
}
