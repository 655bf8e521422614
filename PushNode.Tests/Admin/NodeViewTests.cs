using PushNode.Admin.Status;
using PushNode.Counting;
using PushNode.Peers;
using PushNode.Settings;

namespace PushNode.Tests.Admin;

internal sealed class NodeViewTests
{
    private const long Now = 1_795_000_000_000;

    private readonly NodeView view = new("10.0.0.1:8081");

    [Test]
    public void FirstAnswer_FillsTheHistory_AndOnlyItsLastSecondIsNew()
    {
        view.Take(Status(1, 1, 2, 3), Now);

        Assert.That(Numbers(view.Samples), Is.EqualTo(new[] { 1, 2, 3 }));
        Assert.That(Numbers(view.Fresh), Is.EqualTo(new[] { 3 }));
        Assert.That((view.Run, view.Number, view.Newest!.Number), Is.EqualTo((1, 3, 3)));
    }

    [Test]
    public void ASecondThatCameLate_IsMadeUpFor_ALongAbsenceIsNot()
    {
        view.Take(Status(1, 1), Now);
        view.Take(Status(1), Now);
        Assert.That(view.Fresh, Is.Empty);
        view.Take(Status(1, 2, 3), Now);
        Assert.That(Numbers(view.Fresh), Is.EqualTo(new[] { 2, 3 }));
        view.NoteAway("it is away");
        view.Take(Status(1, 4, 5, 6, 7, 8), Now);

        Assert.That(Numbers(view.Fresh), Is.EqualTo(new[] { 7, 8 }));
        Assert.That(Numbers(view.Samples), Is.EqualTo(new[] { 1, 2, 3, 4, 5, 6, 7, 8 }));
    }

    [Test]
    public void ANewRun_BeginsAnew()
    {
        view.Take(Status(1, 7, 8), Now);
        view.Take(Status(2, 1, 2), Now);

        Assert.That(Numbers(view.Samples), Is.EqualTo(new[] { 1, 2 }));
        Assert.That((view.Run, view.Number), Is.EqualTo((2, 2)));
    }

    [Test]
    public void SamplesOfANodeWhoseClockDiffers_AreMovedToOurs()
    {
        view.Take(Status(1, 5) with { Now = Now + 60_000 }, Now);
        Assert.That(view.Newest!.Time, Is.EqualTo(5_000 - 60_000));
        view.Take(Status(1, 6) with { Now = Now + 900 }, Now);
        Assert.That(view.Newest!.Time, Is.EqualTo(6_000), "an answer takes its time");
    }

    [Test]
    public void LateOnce_IsNotAway()
    {
        view.NoteLate("late");
        Assert.That(view.Trouble, Is.EqualTo("late"), "nothing is known of it");
        view.Take(Status(1, 1), Now);
        Assert.That(view.Trouble, Is.Null);
        view.NoteLate("late");
        Assert.That((view.Trouble, view.Fresh.Count), Is.EqualTo(((string?)null, 0)));
        view.NoteLate("late");
        Assert.That(view.Trouble, Is.EqualTo("late"));
        view.Take(Status(1, 2), Now);
        view.NoteAway("refused");
        Assert.That(view.Trouble, Is.EqualTo("refused"));
    }

    [Test]
    public void Status_IsReadAsItWasTold()
    {
        NodeStatus told = Status(3, 1, 2) with { Unready = "store: full", IsDraining = true };
        NodeStatus read = StatusProtocol.ReadStatus(StatusProtocol.Tell(told).Written.Span);

        Assert.That(read with { Samples = told.Samples }, Is.EqualTo(told));
        Assert.That(read.Samples.Select(static s => s with { Latencies = [] }), Is.EqualTo(told.Samples.Select(static s => s with { Latencies = [] })));
        Assert.That(read.Samples[1].Latencies, Is.EqualTo(told.Samples[1].Latencies));
        Assert.That(StatusProtocol.ReadAsk(StatusProtocol.Ask(3, 9).Written.Span), Is.EqualTo((3, 9)));
    }

    [Test]
    public void Status_OfALaterVersion_MaySayMore_ButNotLess()
    {
        byte[] told = StatusProtocol.Tell(Status(3, 1)).Written.ToArray();

        Assert.That(StatusProtocol.ReadStatus([.. told, 1, 2, 3]).Started, Is.EqualTo(3));
        for (int length = 0; length < told.Length; length++)
            Assert.That(() => StatusProtocol.ReadStatus(told.AsSpan(0, length)), Throws.TypeOf<MalformedPeerBodyException>(), $"{length} bytes");
    }

    private static NodeStatus Status(long run, params long[] numbers) => new(
        "a1b2", "0.1.0", Roles.Push | Roles.Auth, false, null, 4, run, 77, Now, [.. numbers.Select(Sample)]);

    private static NodeSample Sample(long number) => new()
    {
        Number = number,
        Time = number * 1000,
        Connections = 1,
        OutboxBytes = 2,
        Accepted = 3,
        Delivered = 4,
        Replayed = 5,
        Dropped = 6,
        Refused = 7,
        Memory = 8,
        Heap = 9,
        MilliCores = 10,
        Latencies = [new LatencyCount(11, 12), new LatencyCount((byte)(LatencyBuckets.Count - 1), 1)],
    };

    private static IEnumerable<long> Numbers(IEnumerable<NodeSample> samples) => samples.Select(static s => s.Number);
}
