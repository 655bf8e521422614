using PushNode.Bench;
using PushNode.Tests.Support;

namespace PushNode.Tests.Bench;

internal sealed class ScheduleTests
{
    private readonly SteppedTime time = new();
    private readonly BenchClock clock;

    public ScheduleTests() => clock = new BenchClock(time);

    [Test]
    public void Messages_AreDueAtTheRate_NoneEarlier()
    {
        var schedule = new Schedule(1000, clock.Now);
        Assert.That(schedule.TryTake(clock.Now, out long due), Is.True);
        Assert.That(due, Is.Zero);
        Assert.That(schedule.TryTake(clock.Now, out _), Is.False);

        time.Advance(TimeSpan.FromMilliseconds(1) - TimeSpan.FromTicks(1));
        Assert.That(schedule.TryTake(clock.Now, out _), Is.False);
        time.Advance(TimeSpan.FromTicks(1));
        Assert.That(schedule.TryTake(clock.Now, out due), Is.True);
        Assert.That(due, Is.EqualTo(1_000_000));
    }

    [Test]
    public void AfterAStandstill_AllThatWasDueIsTaken_WithTheTimesAtWhichItWasDue()
    {
        var schedule = new Schedule(10, clock.Now);
        time.Advance(TimeSpan.FromSeconds(1));

        var taken = new List<long>();
        while (schedule.TryTake(clock.Now, out long due))
            taken.Add(due);

        Assert.That(taken, Is.EqualTo(Enumerable.Range(0, 11).Select(static i => i * 100_000_000L)));
        Assert.That(schedule.Next, Is.EqualTo(1_100_000_000));
    }

    [Test]
    public void WhatIsDue_AndNotTaken_IsOverdue()
    {
        var schedule = new Schedule(10, clock.Now);
        schedule.TryTake(clock.Now, out _);
        Assert.That(schedule.Overdue(clock.Now), Is.Zero);

        time.Advance(TimeSpan.FromSeconds(0.35));
        Assert.That(schedule.Overdue(clock.Now), Is.EqualTo(3));
    }

    [Test]
    public void AnOddRate_DoesNotDrift()
    {
        var schedule = new Schedule(3, clock.Now);
        time.Advance(TimeSpan.FromHours(1));
        int count = 0;
        while (schedule.TryTake(clock.Now, out _))
            count++;

        Assert.That(count, Is.EqualTo((3 * 3600) + 1));
    }
}
