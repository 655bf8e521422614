using Microsoft.Extensions.Logging;
using PushNode.Messages;
using PushNode.Storage.Cursors;

namespace PushNode.Tests.Storage;

internal sealed class PendingCursorsTests : IDisposable
{
    private readonly LogRecorder log = new();
    private readonly PendingCursors pending;

    public PendingCursorsTests()
    {
        pending = new PendingCursors(log.CreateLogger<PendingCursors>(), capacity: 3);
        pending.StartOver("e1");
    }

    public void Dispose() => log.Dispose();

    [Test]
    public void Moves_OfOneCursor_AreOne_ForwardOnly()
    {
        pending.Move(Key("a"), 5, "e1");
        pending.Move(Key("a"), 3, "e1");
        pending.Move(Key("a"), 6, "e1");

        Assert.That(Take(), Is.EqualTo(new[] { ("a", 6L) }));
        Assert.That(pending.Take(10), Is.Null);
    }

    [Test]
    public void Moved_OnTheWay_IsKept_AndSentAgain_WhenItHasMovedOn()
    {
        pending.Move(Key("a"), 5, "e1");
        pending.Move(Key("b"), 1, "e1");
        CursorChunk first = pending.Take(10)!.Value;
        pending.Move(Key("a"), 6, "e1");

        Assert.That((pending.Find(Key("a")), pending.Find(Key("b")), pending.Count), Is.EqualTo((6L, 1L, 2)));
        pending.Confirm(first);
        Assert.That((pending.Find(Key("a")), pending.Find(Key("b"))), Is.EqualTo(((long?)6L, (long?)null)));
        Assert.That(Take(), Is.EqualTo(new[] { ("a", 6L) }));
    }

    [Test]
    public void Returned_WaitsAgain_Once()
    {
        pending.Move(Key("a"), 5, "e1");
        pending.Move(Key("b"), 1, "e1");
        CursorChunk first = pending.Take(10)!.Value;
        pending.Move(Key("a"), 6, "e1");
        pending.Return(first);

        Assert.That(Take(), Is.EqualTo(new[] { ("a", 6L), ("b", 1L) }));
        Assert.That(pending.Waiting, Is.Zero);
    }

    [Test]
    public void Capacity_DropsTheOneThatWaitsLongest_AndSaysSoOnce()
    {
        foreach (string device in (string[])["a", "b", "c", "d", "e"])
            pending.Move(Key(device), 1, "e1");

        Assert.That(Take(), Is.EqualTo(new[] { ("c", 1L), ("d", 1L), ("e", 1L) }));
        Assert.That(log.At(LogLevel.Warning), Has.One.Contains("More than 3 cursors wait"));
    }

    [Test]
    public void StartOver_DropsWhatIsOfAnotherEpoch_OnTheWayToo()
    {
        pending.Move(Key("a"), 5, "e1");
        pending.Move(Key("b"), 5, "e1");
        CursorChunk first = pending.Take(1)!.Value;

        pending.StartOver("e2");
        pending.Return(first);
        pending.Move(Key("a"), 1, "e2");
        pending.Confirm(first);

        Assert.That(Take(), Is.EqualTo(new[] { ("a", 1L) }));
    }

    [Test]
    public void Move_OfAnotherEpoch_IsIgnored()
    {
        pending.StartOver("e2");

        pending.Move(Key("a"), 5, "e1");

        Assert.That((pending.Count, pending.Find(Key("a"))), Is.EqualTo((0, (long?)null)));
    }

    private static CursorKey Key(string device) => new("alice", device, Channel.All);

    private (string, long)[] Take() => [.. pending.Take(10)!.Value.Moves.Select(static m => (m.Key.Device, m.Seq))];
}
