using System.Text;
using PushNode.Messages;
using PushNode.Storage;

namespace PushNode.Tests.Contracts;

/// <summary>What every message store owes its callers, whatever it is made of.</summary>
internal abstract class MessageStoreContract
{
    private const int Page = 1 << 20;

    private static readonly Channel Alice = Channel.User("alice");
    private static readonly Channel News = Channel.Topic("news");

    /// <summary>An empty store, opened.</summary>
    protected abstract IMessageStore Store { get; }

    /// <summary>Where messages are appended: another one, when <see cref="Store"/> only reads what that one holds.</summary>
    protected virtual IMessageStore AppendTo => Store;

    /// <summary>The store's clock, in Unix milliseconds.</summary>
    protected abstract long Now { get; }

    /// <summary>Lets time pass for the store.</summary>
    protected abstract Task PassAsync(TimeSpan time);

    [Test]
    public async Task Append_NumbersEachChannel_FromOneWithoutHoles()
    {
        Message[] first = [Create(Alice, "a"), Create(News, "b"), Create(Alice, "c")];
        Message[] second = [Create(News, "d"), Create(Channel.All, "e"), Create(Alice, "f")];

        await AppendTo.AppendAsync(first, default);
        await AppendTo.AppendAsync(second, default);

        Assert.That(first.Select(static m => m.Seq), Is.EqualTo(new long[] { 1, 1, 2 }));
        Assert.That(second.Select(static m => m.Seq), Is.EqualTo(new long[] { 2, 1, 3 }));
        Assert.That(first.Concat(second).Select(static m => m.Outcome), Is.All.EqualTo(StoreOutcome.Stored));
        Assert.That(await Store.ReadHeadsAsync([News, Alice, Channel.All, Channel.User("nobody")], default), Is.EqualTo(new long[] { 2, 3, 1, 0 }));
    }

    [Test]
    public async Task Read_ReturnsWhatWasAppended_ToTheByte()
    {
        var sent = new Message(Alice, "id-1", Now, Now + 60_000, "greeting", """{"b":1.50,"a":"\u00e9","c":"é"}"""u8);
        var plain = new Message(Alice, "id-2", Now, long.MaxValue, null, "null"u8);
        await AppendTo.AppendAsync([sent, plain], default);

        MessagePage page = await Store.ReadAsync(Alice, 0, Page, default);

        Assert.That((page.Through, page.Head), Is.EqualTo((2L, 2L)));
        Assert.That(page.Messages.Select(Text), Is.EqualTo(new[] { Text(sent), Text(plain) }));
        Assert.That(page.Messages[0].Frame.ToArray(), Is.EqualTo(sent.Frame.ToArray()));
    }

    [Test]
    public async Task Read_AfterACursor_StartsBehindIt_AndEndsAtTheHead()
    {
        await AppendAsync(Alice, 5);

        MessagePage some = await Store.ReadAsync(Alice, 3, Page, default);
        MessagePage none = await Store.ReadAsync(Alice, 5, Page, default);
        MessagePage nobody = await Store.ReadAsync(Channel.User("nobody"), 0, Page, default);

        Assert.That(some.Messages.Select(static m => m.Seq), Is.EqualTo(new long[] { 4, 5 }));
        Assert.That((none.Messages.Count, none.Through, none.Head), Is.EqualTo((0, 5L, 5L)));
        Assert.That((nobody.Messages.Count, nobody.Through, nobody.Head), Is.EqualTo((0, 0L, 0L)));
    }

    [Test]
    public async Task Read_InPages_IsBoundedInBytes_AndMissesNothing()
    {
        await AppendAsync(Alice, 50, size: 1000);

        var seqs = new List<long>();
        int pages = 0;
        MessagePage page;
        do
        {
            page = await Store.ReadAsync(Alice, seqs.LastOrDefault(), 5000, default);
            Assert.That(page.Messages.Sum(static m => m.Frame.Length), Is.LessThan(6500));
            seqs.AddRange(page.Messages.Select(static m => m.Seq));
            pages++;
        }
        while (page.Through < page.Head);

        Assert.That(seqs, Is.EqualTo(Enumerable.Range(1, 50).Select(static i => (long)i)));
        Assert.That(pages, Is.GreaterThan(9));
    }

    [Test]
    public async Task Read_OfOneMessageLongerThanThePage_ReturnsIt()
    {
        await AppendAsync(Alice, 2, size: 3000);

        MessagePage page = await Store.ReadAsync(Alice, 0, 10, default);

        Assert.That(page.Messages.Select(static m => m.Seq), Is.EqualTo(new long[] { 1 }));
        Assert.That((page.Through, page.Head), Is.EqualTo((1L, 2L)));
    }

    [Test]
    public async Task Read_SkipsWhatHasExpired_AndTheHeadStays()
    {
        await AppendTo.AppendAsync([Create(Alice, "a", ttl: 1), Create(Alice, "b", ttl: 3600), Create(Alice, "c", ttl: 1)], default);
        await PassAsync(TimeSpan.FromSeconds(2));

        MessagePage page = await Store.ReadAsync(Alice, 0, Page, default);
        Message next = Create(Alice, "d");
        await AppendTo.AppendAsync([next], default);

        Assert.That(page.Messages.Select(static m => m.Seq), Is.EqualTo(new long[] { 2 }));
        Assert.That((page.Through, page.Head), Is.EqualTo((3L, 3L)));
        Assert.That(await Store.FindAsync(Alice, 1, default), Is.Null);
        Assert.That(next.Seq, Is.EqualTo(4));
    }

    [Test]
    public async Task Find_ReturnsTheMessage_OrNull()
    {
        await AppendAsync(Alice, 3);

        Message? found = await Store.FindAsync(Alice, 2, default);

        Assert.That(found?.Seq, Is.EqualTo(2));
        Assert.That(await Store.FindAsync(Alice, 4, default), Is.Null);
        Assert.That(await Store.FindAsync(Alice, 0, default), Is.Null);
        Assert.That(await Store.FindAsync(News, 1, default), Is.Null);
    }

    [Test]
    public async Task Append_OfAnIdUsedBefore_RepeatsTheFirstSeq()
    {
        await AppendTo.AppendAsync([Create(Alice, "x"), Create(Alice, "order-1", given: true)], default);
        Message again = Create(Alice, "order-1", given: true);
        Message elsewhere = Create(News, "order-1", given: true);
        Message generated = Create(Alice, "order-1");

        await AppendTo.AppendAsync([again, elsewhere, generated], default);

        Assert.That((again.Outcome, again.Seq), Is.EqualTo((StoreOutcome.Repeated, 2L)));
        Assert.That((elsewhere.Outcome, elsewhere.Seq), Is.EqualTo((StoreOutcome.Stored, 1L)));
        Assert.That((await Store.ReadHeadsAsync([Alice], default))[0], Is.EqualTo(generated.Seq));
    }

    [Test]
    public async Task Append_OfAnIdTwiceInOneBatch_StoresItOnce()
    {
        Message[] batch = [Create(Alice, "o", given: true), Create(Alice, "p", given: true), Create(Alice, "o", given: true)];

        await AppendTo.AppendAsync(batch, default);

        Assert.That(batch.Select(static m => (m.Outcome, m.Seq)), Is.EqualTo(new[]
        {
            (StoreOutcome.Stored, 1L), (StoreOutcome.Stored, 2L), (StoreOutcome.Repeated, 1L),
        }));
        Assert.That((await Store.ReadAsync(Alice, 0, Page, default)).Messages, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Append_FromManyCallersAtOnce_GivesEverySeqOnce()
    {
        Message[][] batches = [.. Enumerable.Range(0, 40).Select(b => Enumerable.Range(0, 25).Select(i => Create(Alice, $"{b}-{i}")).ToArray())];

        await Task.WhenAll(batches.Select(batch => Task.Run(async () => await AppendTo.AppendAsync(batch, default))));

        Assert.That(batches.SelectMany(static b => b).Select(static m => m.Seq).Order(), Is.EqualTo(Enumerable.Range(1, 1000).Select(static i => (long)i)));
        Assert.That(batches.Select(static b => b[^1].Seq - b[0].Seq), Is.All.EqualTo(24));
    }

    [Test]
    public async Task Cursor_OfAnotherEpoch_DoesNotMove()
    {
        Store.MoveCursor("alice", "phone", Alice, 5, "another");
        await Store.SaveCursorsAsync(default);

        Assert.That(await Store.ReadCursorsAsync("alice", "phone", [Alice], default), Is.EqualTo(new long?[] { null }));
    }

    [Test]
    public async Task Cursor_MovesForwardOnly_ForEachDeviceAndChannel()
    {
        Store.MoveCursor("alice", "phone", Alice, 5, Store.Epoch);
        Store.MoveCursor("alice", "phone", Alice, 3, Store.Epoch);
        Store.MoveCursor("alice", "phone", News, 9, Store.Epoch);
        Store.MoveCursor("alice", "laptop", Alice, 7, Store.Epoch);
        Store.MoveCursor("bob", "phone", Alice, 1, Store.Epoch);

        Assert.That(await Store.ReadCursorsAsync("alice", "phone", [News, Alice, Channel.All], default), Is.EqualTo(new long?[] { 9, 5, null }));
        Assert.That(await Store.ReadCursorsAsync("alice", "laptop", [News, Alice], default), Is.EqualTo(new long?[] { null, 7 }));
        Assert.That(await Store.ReadCursorsAsync("carol", "phone", [Alice], default), Is.EqualTo(new long?[] { null }));
    }

    [Test]
    public async Task ListCursors_NamesTheDevices_UpToTheLimit()
    {
        Store.MoveCursor("alice", "phone", Alice, 5, Store.Epoch);
        Store.MoveCursor("alice", "laptop", Alice, 7, Store.Epoch);
        Store.MoveCursor("alice", "laptop", News, 2, Store.Epoch);
        Store.MoveCursor("bob", "phone", News, 4, Store.Epoch);

        Assert.That(
            await Store.ListCursorsAsync(Alice, 10, default),
            Is.EquivalentTo(new[] { new DeviceCursor("alice", "phone", 5), new DeviceCursor("alice", "laptop", 7) }));
        Assert.That(
            await Store.ListCursorsAsync(News, 10, default),
            Is.EquivalentTo(new[] { new DeviceCursor("alice", "laptop", 2), new DeviceCursor("bob", "phone", 4) }));
        Assert.That(await Store.ListCursorsAsync(News, 1, default), Has.Count.EqualTo(1));
        Assert.That(await Store.ListCursorsAsync(Channel.All, 10, default), Is.Empty);
    }

    [Test]
    public async Task Revocation_NeverMovesBackward()
    {
        await Store.RevokeAsync("alice", 2000, default);
        await Store.RevokeAsync("alice", 1000, default);
        await Store.RevokeAsync("bob", 500, default);

        Assert.That(
            await Store.ListRevocationsAsync(default),
            Is.EquivalentTo(new[] { KeyValuePair.Create("alice", 2000L), KeyValuePair.Create("bob", 500L) }));
    }

    [Test]
    public void Store_ThatIsWell_HasAnEpochAndNoTrouble()
    {
        Assert.That(Store.Epoch, Is.Not.Empty);
        Assert.That(Store.Trouble, Is.Null);
    }

    private static string Text(Message message) => Encoding.UTF8.GetString(message.Json.Span);

    private Message Create(Channel channel, string id, bool given = false, int ttl = 3600, int size = 2)
    {
        byte[] data = Encoding.ASCII.GetBytes('"' + new string('x', Math.Max(size - 2, 0)) + '"');
        return new Message(channel, id, Now, Now + (ttl * 1000L), null, data) { HasProducerId = given };
    }

    private async Task AppendAsync(Channel channel, int count, int size = 2)
    {
        for (int i = 0; i < count; i++)
            await AppendTo.AppendAsync([Create(channel, $"m{i}", size: size)], default);
    }
}
