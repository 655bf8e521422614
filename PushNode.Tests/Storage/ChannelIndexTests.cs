using PushNode.Storage.Journal;

namespace PushNode.Tests.Storage;

internal sealed class ChannelIndexTests
{
    private const int Second = 1000;

    private readonly ChannelIndex index = new();

    [Test]
    public void Add_OfASeqThatIsThere_ReplacesItAndWhatFollows()
    {
        for (int seq = 1; seq <= 3; seq++)
            Add(seq, segment: 1);

        Add(2, segment: 2);

        Assert.That(Select(0), Is.EqualTo(new[] { (1L, 1), (2L, 2) }));
        Assert.That(index.Head, Is.EqualTo(3), "a head never moves back");
    }

    [Test]
    public void Forget_OfSegmentsInTheMiddle_KeepsTheOthersInOrder()
    {
        for (int seq = 1; seq <= 100; seq++)
            Add(seq, segment: (seq + 9) / 10);

        index.Forget(new HashSet<int> { 2, 3, 7 }, newest: 7);
        Add(101, segment: 11);

        Assert.That(
            Select(0).Select(static e => e.Seq),
            Is.EqualTo(Enumerable.Range(1, 101).Where(static s => (s + 9) / 10 is not (2 or 3 or 7)).Select(static s => (long)s)));
        Assert.That(index.TryFind(20, out _), Is.False);
        Assert.That(index.TryFind(40, out IndexEntry found) ? found.Segment : 0, Is.EqualTo(4));
    }

    [Test]
    public void Forget_OfEverything_KeepsTheHead()
    {
        Add(1, segment: 1);
        Add(2, segment: 1);

        index.Forget(new HashSet<int> { 1 }, newest: 1);
        PageSelection selection = index.Select(0, 1000, now: 0);

        Assert.That((selection.Entries, selection.Through, selection.Head), Is.EqualTo(((List<IndexEntry>?)null, 2L, 2L)));
        Assert.That(index.Reserve(floor: 0), Is.EqualTo(3));
    }

    [Test]
    public void Select_SkipsTheExpired_WhereverTheyStand()
    {
        long[] expiries = [1, 9, 1, 1, 9, 1];
        for (int i = 0; i < expiries.Length; i++)
            Add(i + 1, segment: 1, expires: expiries[i] * Second);

        Assert.That(Select(0, now: 5 * Second).Select(static e => e.Seq), Is.EqualTo(new long[] { 2, 5 }));
        Assert.That(Select(5, now: 5 * Second), Is.Empty);
    }

    [Test]
    public void Reserve_AfterRelease_GivesTheSameSeqAgain()
    {
        Add(1, segment: 1);
        long[] reserved = [index.Reserve(0), index.Reserve(0)];
        index.Release();

        Assert.That(reserved, Is.EqualTo(new long[] { 2, 3 }));
        Assert.That(index.Reserve(0), Is.EqualTo(2));
        Assert.That(index.Reserve(floor: 10), Is.EqualTo(11));
    }

    private void Add(long seq, int segment, long expires = long.MaxValue) => index.Add(new IndexEntry(seq, segment, 0, 100, expires));

    private (long Seq, int Segment)[] Select(long after, long now = 0) =>
        [.. (index.Select(after, int.MaxValue, now).Entries ?? []).Select(static e => (e.Seq, e.Segment))];
}
