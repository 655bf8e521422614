namespace PushNode.Push;

/// <summary>
/// How many frames a client may still send: a burst, refilled per second, and one for each message and ping it was sent, so that acknowledging or
/// answering each is always within it.
/// </summary>
internal struct FrameBudget(int burst, int perSecond, long now)
{
    private double allowance = burst;
    private long refilled = now;

    /// <summary>Spends one; false when there is none left.</summary>
    /// <param name="time">The clock that <c>now</c> was a timestamp of.</param>
    /// <param name="framesOwed">Messages and pings written to the client since the last call.</param>
    public bool TrySpend(TimeProvider time, long framesOwed)
    {
        long timestamp = time.GetTimestamp();
        double refill = time.GetElapsedTime(refilled, timestamp).TotalSeconds * perSecond;
        refilled = timestamp;
        allowance = Math.Max(allowance, Math.Min(burst, allowance + refill)) + framesOwed;
        if (allowance < 1)
            return false;
        allowance--;
        return true;
    }
}
