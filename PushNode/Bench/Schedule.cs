namespace PushNode.Bench;

/// <summary>
/// When messages are due at a fixed rate, whether or not anybody can send them then. A message that is sent late keeps the time at which it was due, so the
/// time that it waited counts and a standstill of the node shows in full.
/// </summary>
/// <param name="perSecond">Above 0.</param>
/// <param name="start">When the first one is due, in nanoseconds.</param>
internal sealed class Schedule(double perSecond, long start)
{
    private long taken;

    /// <summary>When the next one is due. Reckoned from the start each time, so that roundings do not add up.</summary>
    public long Next => start + (long)(taken * (BenchClock.Second / perSecond));

    /// <summary>How many are due and not taken.</summary>
    public long Overdue(long now) => now < Next ? 0 : 1 + (long)((now - Next) * (perSecond / BenchClock.Second));

    /// <summary>Takes the next message if it is due.</summary>
    /// <param name="now">Nanoseconds.</param>
    /// <param name="due">When it should have been sent.</param>
    public bool TryTake(long now, out long due)
    {
        due = Next;
        if (due > now)
            return false;
        taken++;
        return true;
    }
}
