using PushNode.Storage.Mongo;

namespace PushNode.Tests.Storage.Mongo;

/// <summary>What a channel's state in the database means to who numbers and to who reads.</summary>
internal sealed class NumberingHeadTests
{
    private const long Hour = 3_600_000;
    private const long Now = 1_795_000_000_000;

    [TestCase(0, 0)]
    [TestCase(1, 1024)]
    [TestCase(1024, 1024)]
    [TestCase(1025, 2048)]
    public void Top_IsTheNextStep(long seq, long top) => Assert.That(ChannelHead.TopFor(seq), Is.EqualTo(top));

    [TestCase(23, 40, 40, 0)]
    [TestCase(25, 40, 1024, 41)]
    [TestCase(37, 1024, 1024, 41)]
    public void NewestRecord_IsTheHead_WhileItIsYoung_AndForReadersLonger(int age, long head, long from, long gap)
    {
        var channel = new ChannelHead(Newest: 40, NewestTime: Now - (age * Hour), Top: 1024, From: 0, RaisedAt: Now - (100 * Hour));

        Assert.That((channel.HeadAt(Now), channel.BaseAt(Now), channel.GapAt(Now)), Is.EqualTo((head, from, gap)));
        Assert.That(ChannelHead.IsHead(channel.NewestTime, Now), Is.EqualTo(age <= 36));
    }

    [Test]
    public void Channel_WithoutARecord_GoesOnFromItsTop_OrFromWhereThatWasLatelyRaised()
    {
        var empty = new ChannelHead(0, 0, Top: 2048, From: 1024, RaisedAt: Now - (100 * Hour));
        ChannelHead raised = empty with { RaisedAt = Now - Hour };
        ChannelHead held = raised with { Newest = 41, From = 40 };

        Assert.That((empty.HeadAt(Now), empty.BaseAt(Now), empty.GapAt(Now)), Is.EqualTo((2048, 2048, 1025)));
        Assert.That((raised.HeadAt(Now), raised.BaseAt(Now), raised.GapAt(Now)), Is.EqualTo((1024, 1024, 0)));
        Assert.That((held.HeadAt(Now), held.BaseAt(Now), held.GapAt(Now)), Is.EqualTo((41, 2048, 42)), "somebody leaves numbers out");
        Assert.That(default(ChannelHead).BaseAt(Now), Is.Zero);
        Assert.That(default(ChannelHead).GapAt(Now), Is.Zero);
    }

    [Test]
    public void Any_TimePasses_NoHeadGoesBack_AndNoNumberIsGivenThatAReaderTakesToBePast([Range(1, 5)] int seed)
    {
        var random = new Random(seed);
        for (int i = 0; i < 20_000; i++)
        {
            ChannelHead channel = Any(random);
            long read = Now + random.NextInt64(-60 * Hour, 60 * Hour);
            long numbered = read + random.NextInt64(-12 * Hour, 60 * Hour);
            long later = read + random.NextInt64(0, 60 * Hour);

            Assert.That(channel.BaseAt(numbered), Is.GreaterThanOrEqualTo(channel.HeadAt(read)), $"seed {seed}: {channel} read at {read}, numbered at {numbered}");
            Assert.That(channel.HeadAt(later), Is.GreaterThanOrEqualTo(channel.HeadAt(read)), $"seed {seed}: {channel} read at {read} and {later}");
            Assert.That(channel.BaseAt(later), Is.GreaterThanOrEqualTo(channel.BaseAt(read)), $"seed {seed}: {channel} numbered at {read} and {later}");
            Assert.That(channel.HeadAt(read), Is.GreaterThanOrEqualTo(channel.Newest), "no record is beyond the head");

            // Whoever leaves numbers out holds the first of them, whatever the others' clocks say: they go on from the record before it, or leave it out too.
            long gap = channel.GapAt(numbered);
            long other = channel.BaseAt(numbered + random.NextInt64(-60 * Hour, 60 * Hour));
            Assert.That(gap == 0 ? other >= channel.BaseAt(numbered) || channel.BaseAt(numbered) == Math.Max(channel.Newest, channel.From) : other + 1 == gap || other >= gap, "the gap is the next number of who sees none");
        }
    }

    // As the database may hold it: no number above the top is used, and numbering was somewhere below it when that was raised.
    private static ChannelHead Any(Random random)
    {
        long top = 1024 * random.Next(1, 4);
        long newest = random.Next(3) == 0 ? 0 : random.NextInt64(1, top + 1);
        return new ChannelHead(
            newest,
            newest == 0 || random.Next(5) == 0 ? 0 : Now + random.NextInt64(-60 * Hour, 12 * Hour),
            top,
            random.NextInt64(0, top),
            random.Next(4) == 0 ? 0 : Now + random.NextInt64(-60 * Hour, 12 * Hour));
    }
}
