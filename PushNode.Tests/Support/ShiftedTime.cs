namespace PushNode.Tests.Support;

/// <summary>The real clocks, both of which the test can put forward: what a process sees that was stopped for a while.</summary>
internal sealed class ShiftedTime : TimeProvider
{
    private long shift;

    public override long GetTimestamp() => System.GetTimestamp() + Interlocked.Read(ref shift);

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + TimeSpan.FromSeconds((double)Interlocked.Read(ref shift) / System.TimestampFrequency);

    public void Advance(TimeSpan by) => Interlocked.Add(ref shift, (long)(by.TotalSeconds * System.TimestampFrequency));
}
