using PushNode.Collect;

namespace PushNode.Tests.Collect;

internal sealed class MessageRateTests
{
    private readonly Clock clock = new();

    [Test]
    public void Burst_ThenTheRate()
    {
        var rate = new MessageRate(perSecond: 10, burst: 3, clock);

        Assert.That(Take(rate, 1), Is.Zero);
        Assert.That(Take(rate, 2), Is.Zero);
        Assert.That(Take(rate, 1), Is.EqualTo(1));
        clock.Advance(TimeSpan.FromMilliseconds(100));
        Assert.That(Take(rate, 1), Is.Zero);
        Assert.That(Take(rate, 1), Is.EqualTo(1));
    }

    [Test]
    public void Pause_FillsTheBucket_NoFurtherThanTheBurst()
    {
        var rate = new MessageRate(perSecond: 10, burst: 3, clock);
        clock.Advance(TimeSpan.FromHours(1));

        Assert.That(Take(rate, 3), Is.Zero);
        Assert.That(Take(rate, 1), Is.EqualTo(1));
    }

    [Test]
    public void MoreThanTheBurst_PassesWhenFull_AndIsPaidForAfterwards()
    {
        var rate = new MessageRate(perSecond: 10, burst: 5, clock);

        Assert.That(Take(rate, 100), Is.Zero);
        Assert.That(Take(rate, 1), Is.EqualTo(10));
        clock.Advance(TimeSpan.FromSeconds(9.5));
        Assert.That(Take(rate, 1), Is.EqualTo(1));
        clock.Advance(TimeSpan.FromSeconds(0.1));
        Assert.That(Take(rate, 1), Is.Zero);
    }

    [Test]
    public void ManyAtOnce_TakeNoMoreThanThereIs()
    {
        var rate = new MessageRate(perSecond: 1, burst: 1_000, clock);
        int taken = 0;

        Parallel.For(0, 5_000, _ =>
        {
            if (rate.TryTake(1, out int _))
                Interlocked.Increment(ref taken);
        });

        Assert.That(taken, Is.EqualTo(1_000));
    }

    private static int Take(MessageRate rate, int messages)
    {
        bool taken = rate.TryTake(messages, out int retryAfter);
        Assert.That(taken, Is.EqualTo(retryAfter == 0));
        return retryAfter;
    }

    private sealed class Clock : TimeProvider
    {
        private long timestamp;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Read(ref timestamp);

        public void Advance(TimeSpan by) => Interlocked.Add(ref timestamp, by.Ticks);
    }
}
