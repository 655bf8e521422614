using PushNode.Messages;
using PushNode.Storage.Mongo;
using PushNode.Tests.Support;
using PushNode.Tests.Support.Mongo;

namespace PushNode.Tests.Storage.Mongo;

/// <summary>Where the collection <c>channels</c> is lost, and messages are not: numbering goes on behind them, where readers take it to be. In a server of the test's own, and in a real one.</summary>
[TestFixture(false)]
[TestFixture(true)]
internal sealed class MongoLostChannelsTests(bool inRealServer)
{
    private static readonly Channel Alice = Channel.User("alice");
    private static readonly Channel Bob = Channel.User("bob");
    private static readonly Channel Nobody = Channel.User("nobody");

    private MongoDouble? own;
    private MongoServer server = null!;

    [SetUp]
    public void Start()
    {
        own = inRealServer ? null : new MongoDouble();
        server = own is null ? MongoServer.Use() : MongoServer.At(own.Uri);
    }

    [TearDown]
    public async Task EndAsync()
    {
        if (server is not null)
            await server.DisposeAsync();
        if (own is not null)
            await own.DisposeAsync();
    }

    [Test]
    public async Task CopyWithoutChannels_NumberingGoesOnBehindItsMessages()
    {
        await using (MongoUnderTest before = await OpenAsync())
        {
            await AppendAsync(before, 10, Alice, Bob);
            await AppendAsync(before, 3, Bob);
        }

        // The oldest have gone by their time.
        Delete("messages", "s", 5);
        Delete("channels");
        await Task.Run(() => MongoEpochRenewal.Run(new MongoOptions { Connection = server.Uri, Database = server.Database }));
        await using MongoUnderTest collector = await OpenAsync();
        await using MongoUnderTest reader = await OpenAsync();

        Assert.That(await reader.Store.ReadHeadsAsync([Nobody, Alice, Bob, Alice], default), Is.EqualTo(new long[] { 0, 10, 13, 10 }));
        Assert.That((await reader.Store.ReadAsync(Alice, 10, 1 << 20, default)).Head, Is.EqualTo(10));
        Message[] next = await AppendAsync(collector, 2, Alice, Bob, Nobody);
        Assert.That(next.Select(static m => (m.Channel, m.Seq)), Is.EqualTo(new[] { (Alice, 11L), (Bob, 14L), (Nobody, 1L), (Alice, 12L), (Bob, 15L), (Nobody, 2L) }));
        Assert.That((await reader.Store.ReadAsync(Alice, 10, 1 << 20, default)).Messages.Select(static m => m.Seq), Is.EqualTo(new long[] { 11, 12 }));
        Assert.That(await reader.Store.ReadHeadsAsync([Nobody, Alice, Bob], default), Is.EqualTo(new long[] { 2, 12, 15 }));
    }

    [Test]
    public async Task DatabaseDropped_WhileANodeCollects_NothingStoredAfterwardsIsMissed()
    {
        await using MongoUnderTest node = await OpenAsync();
        await AppendAsync(node, 10, Alice);
        string before = node.Store.Epoch;
        HeldCommand? poll = own?.Hold("find meta");
        if (poll is not null)
            await poll.Arrived;

        server.Run(static command => command.Int("dropDatabase"u8, 1), static _ => true);
        // Before it is found, as a rule: by what the node knew.
        Message[] between = await AppendAsync(node, 5, Alice);
        poll?.Release();
        await Eventually.BecomesTrueAsync(() => node.Store.Epoch != before, "it is found");
        Message[] next = await AppendAsync(node, 5, Alice);

        var reader = new NumberingReader(node.Store, Alice);
        await reader.ReadAsync(1 << 20);
        Assert.That(reader.Seen, Is.EqualTo(between.Concat(next).Select(static m => m.Seq)), "in the order they were stored");
        Assert.That(await node.Store.ReadHeadsAsync([Alice], default), Is.EqualTo(new[] { next[^1].Seq }));
    }

    private async Task<MongoUnderTest> OpenAsync() => await new MongoUnderTest(server.Uri, server.Database).StartAsync();

    private static async Task<Message[]> AppendAsync(MongoUnderTest node, int count, params Channel[] channels)
    {
        Message[] batch =
        [
            .. Enumerable.Range(0, count * channels.Length)
                .Select(i => new Message(channels[i % channels.Length], $"{Guid.NewGuid():N}", node.Now, node.Now + 3_600_000, null, "1"u8)),
        ];
        await node.Store.AppendAsync(batch, default);
        Assert.That(batch.Select(static m => m.Outcome), Is.All.EqualTo(StoreOutcome.Stored));
        return batch;
    }

    /// <summary>Deletes all documents of a collection, or those where a field is not above a number.</summary>
    private void Delete(string collection, string? field = null, long most = 0) => server.Run(
        command =>
        {
            command.Text("delete"u8, collection);
            command.Array("deletes"u8);
            command.Item();
            command.Document("q"u8);
            if (field is not null)
            {
                command.Document(System.Text.Encoding.ASCII.GetBytes(field));
                command.Long("$lte"u8, most);
                command.End();
            }

            command.End();
            command.Int("limit"u8, 0);
            command.End();
            command.End();
        },
        static reply => reply.Find("n"u8));
}
