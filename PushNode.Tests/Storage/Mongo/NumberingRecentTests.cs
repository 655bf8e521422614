using PushNode.Messages;
using PushNode.Storage.Mongo;
using PushNode.Tests.Support;

namespace PushNode.Tests.Storage.Mongo;

/// <summary>What a collector remembers of its own.</summary>
internal sealed class NumberingRecentTests
{
    private static readonly Channel News = Channel.Topic("news");

    private readonly ShiftedTime time = new();

    [Test]
    public void Head_IsKnown_UntilItIsOld()
    {
        RecentHeads heads = Create(7);

        Assert.That(FindAfter(heads, minutes: 15), Is.EqualTo(7));
        Assert.That(FindAfter(heads, minutes: 15), Is.EqualTo(7));
        heads.Note(News, 9);
        Assert.That(FindAfter(heads, minutes: 15), Is.EqualTo(9));
        Assert.That(FindAfter(heads, minutes: 61), Is.Zero);
    }

    [TestCase(19)]
    [TestCase(29)]
    [TestCase(39)]
    [TestCase(59)]
    public void Head_IsNeverOlderThanAnHour_HoweverSeldomItIsTidied(int interval)
    {
        RecentHeads heads = Create(7);
        for (int age = interval; age < 240; age += interval)
        {
            long found = FindAfter(heads, interval);
            Assert.That(age <= 60 || found == 0, $"{found} is known after {age} minutes");
        }
    }

    [Test]
    public void Heads_OfAnotherEpoch_AreForgotten()
    {
        RecentHeads heads = Create(7);

        heads.Tidy("second");

        Assert.That(heads.Find(News), Is.Zero);
        heads.Note(News, 1);
        heads.Tidy("first");
        Assert.That(heads.Find(News), Is.Zero);
    }

    [Test]
    public void Heads_AreForgotten_WhenThereAreTooMany_TheOldestFirst()
    {
        RecentHeads heads = Create(7);
        for (int i = 0; i < 50_000; i++)
            heads.Note(Channel.User($"a{i}"), 1);
        heads.Tidy("first");
        Assert.That(heads.Find(News), Is.EqualTo(7));

        for (int i = 0; i < 50_000; i++)
            heads.Note(Channel.User($"b{i}"), 1);
        heads.Tidy("first");

        Assert.That(heads.Find(News), Is.Zero);
        Assert.That(heads.Find(Channel.User("b0")), Is.EqualTo(1));
    }

    [Test]
    public void Heads_AreForgotten_WhenTheMachineWasSuspended_WhichOnlyOneClockCounts()
    {
        var clock = new WallClock();
        var heads = new RecentHeads(clock);
        heads.Tidy("first");
        heads.Note(News, 7);

        clock.Ahead = TimeSpan.FromHours(2);
        heads.Tidy("first");

        Assert.That(heads.Find(News), Is.Zero);
    }

    private RecentHeads Create(long head)
    {
        var heads = new RecentHeads(time);
        heads.Tidy("first");
        heads.Note(News, head);
        return heads;
    }

    private long FindAfter(RecentHeads heads, int minutes)
    {
        time.Advance(TimeSpan.FromMinutes(minutes));
        heads.Tidy("first");
        return heads.Find(News);
    }

    private sealed class WallClock : TimeProvider
    {
        public TimeSpan Ahead { get; set; }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Ahead;
    }
}
