namespace PushNode.Collect;

/// <summary>
/// The token bucket of one API key, as the time at which it will be full again: one number, moved by compare-and-swap. A request of more
/// messages than the bucket holds passes when the bucket is full, and those after it wait for as long as it takes.
/// </summary>
internal sealed class MessageRate(int perSecond, int burst, TimeProvider time)
{
    private readonly long origin = time.GetTimestamp();
    private long fullAt;

    /// <summary>Takes the tokens of this many messages; false when they are not there yet.</summary>
    /// <param name="messages">At least one.</param>
    /// <param name="retryAfter">The seconds after which they will be, rounded up; 0 when they were taken.</param>
    public bool TryTake(int messages, out int retryAfter)
    {
        while (true)
        {
            long now = time.GetTimestamp() - origin;
            long seen = Volatile.Read(ref fullAt);
            long missing = Math.Max(0, seen - now);
            long late = missing + TicksOf(Math.Min(messages, burst)) - TicksOf(burst);
            if (late > 0)
            {
                retryAfter = (int)Math.Min(int.MaxValue, (late + time.TimestampFrequency - 1) / time.TimestampFrequency);
                return false;
            }

            if (Interlocked.CompareExchange(ref fullAt, now + missing + TicksOf(messages), seen) == seen)
            {
                retryAfter = 0;
                return true;
            }
        }
    }

    private long TicksOf(int messages) => messages * time.TimestampFrequency / perSecond;
}
