using System.Text;
using PushNode.Messages;
using PushNode.Storage;
using PushNode.Tests.Support.Mongo;

namespace PushNode.Tests.Storage.Mongo;

/// <summary>Tests of stores in a MongoDB that fails on command.</summary>
/// <param name="replicaSet">The name of the replica set it is; null: a standalone.</param>
internal abstract class OnMongoDouble(string? replicaSet = "rs0")
{
    protected const int Page = 1 << 20;

    /// <summary>The one that <see cref="MongoWireClient"/> uses, too.</summary>
    protected const string Database = "test";

    protected static readonly Channel Alice = Channel.User("alice");
    protected static readonly Channel Bob = Channel.User("bob");

    private readonly List<MongoUnderTest> stores = [];

    protected MongoDouble Server { get; } = new(new MongoDoubleOptions { ReplicaSet = replicaSet });

    protected bool IsStandalone { get; } = replicaSet is null;

    [TearDown]
    public async Task EndAsync()
    {
        Server.ClearFaults();
        Server.Lag = false;
        Server.Refuse = false;
        Server.StepUp();
        foreach (MongoUnderTest store in stores)
            await store.DisposeAsync();
        await Server.DisposeAsync();
    }

    /// <summary>Has a command carried out, past the stores.</summary>
    protected async Task CommandAsync(BsonDocument command)
    {
        await using var client = new MongoWireClient(Server);
        BsonDocument reply = await client.CommandAsync(command);
        Assert.That(reply.Flag("ok") && !reply.Has("writeErrors"), Is.True, reply.ToString());
    }

    /// <summary>Changes the document that says what the database is.</summary>
    protected Task UpdateMetaAsync(BsonDocument fields) => CommandAsync(new BsonDocument
    {
        { "update", "meta" },
        { "updates", new BsonArray { new BsonDocument { { "q", new BsonDocument { { "_id", "store" } } }, { "u", new BsonDocument { { "$set", fields } } } } } },
    });

    /// <summary>A store with this timeout, in seconds.</summary>
    protected MongoUnderTest Create(int timeout = 5, string? uri = null)
    {
        var store = new MongoUnderTest(uri ?? Server.Uri, Database, ("Timeout", $"00:00:{timeout:00}"));
        stores.Add(store);
        return store;
    }

    /// <summary>The same, started.</summary>
    protected Task<MongoUnderTest> OpenAsync(int timeout = 5) => Create(timeout).StartAsync();

    protected static Message Create(MongoUnderTest store, Channel channel, string id, bool given = false, int size = 2)
    {
        byte[] data = Encoding.ASCII.GetBytes('"' + new string('x', size - 2) + '"');
        return new Message(channel, id, store.Now, store.Now + 3_600_000, null, data) { HasProducerId = given };
    }

    /// <summary>Messages to alice and bob in turn.</summary>
    protected static Message[] CreateBatch(MongoUnderTest store, int count, bool given = false, string prefix = "m") =>
        [.. Enumerable.Range(0, count).Select(i => Create(store, i % 2 == 0 ? Alice : Bob, $"{prefix}{i}", given))];

    protected static async Task<Message[]> AppendAsync(MongoUnderTest store, params Message[] batch)
    {
        await store.Store.AppendAsync(batch, default);
        return batch;
    }

    /// <summary>The channel's ids, as a reader gets them from the start; numbered from 1 without holes, or the test fails.</summary>
    protected static async Task<string[]> ReadIdsAsync(MongoUnderTest store, Channel channel)
    {
        var found = new List<Message>();
        MessagePage page;
        do
        {
            page = await store.Store.ReadAsync(channel, found.LastOrDefault()?.Seq ?? 0, Page, default);
            found.AddRange(page.Messages);
        }
        while (page.Through < page.Head);

        Assert.That(found.Select(static m => m.Seq), Is.EqualTo(Enumerable.Range(1, found.Count).Select(static i => (long)i)), "there are holes");
        return [.. found.Select(static m => m.Id)];
    }

    /// <summary>Asserts that all of them are stored, once, in their order, under the numbers they have, and nothing else is.</summary>
    protected async Task AssertStoredOnceAsync(MongoUnderTest store, params Message[] messages)
    {
        Assert.That(messages.Select(static m => m.Outcome), Is.All.EqualTo(StoreOutcome.Stored));
        foreach (IGrouping<Channel, Message> channel in messages.GroupBy(static m => m.Channel))
        {
            Assert.That(await ReadIdsAsync(store, channel.Key), Is.EqualTo(channel.Select(static m => m.Id)));
            Assert.That(channel.Select(static m => m.Seq), Is.Ordered.And.Unique);
        }

        Assert.That(Server.Documents("messages"), Has.Count.EqualTo(messages.Length));
    }
}
