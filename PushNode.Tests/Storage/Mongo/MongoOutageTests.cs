using Microsoft.Extensions.Logging;
using PushNode.Messages;
using PushNode.Storage;
using PushNode.Tests.Support;

namespace PushNode.Tests.Storage.Mongo;

/// <summary>A database that cannot be reached, or does not answer.</summary>
[NonParallelizable] // It measures.
internal sealed class MongoOutageTests : OnMongoDouble
{
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(1);

    [Test]
    public async Task UnreachableAtStart_TheStartGoesOn_AndItIsWellWhenTheServerComes()
    {
        Server.Refuse = true;
        MongoUnderTest mongo = Create(timeout: 1);
        await mongo.StartAsync();

        Assert.That(mongo.Store.Trouble, Does.StartWith($"MongoDB at {Server.Address} cannot be reached: "));
        Assert.That(mongo.Unready, Is.EqualTo(mongo.Store.Trouble));
        Assert.That(() => mongo.Store.Epoch, Throws.InstanceOf<StoreUnavailableException>());
        Message[] refused = CreateBatch(mongo, 3);
        Assert.That(await Elapsed.OfAsync(() => AppendAsync(mongo, refused)), Is.LessThan(AtOnce));
        Assert.That(refused.Select(static m => m.Outcome), Is.All.EqualTo(StoreOutcome.Failed));
        Assert.That(mongo.Log.At(LogLevel.Warning).Where(static l => l.Contains("cannot be reached", StringComparison.Ordinal)), Has.Exactly(1).Items);

        Server.Refuse = false;
        await mongo.IsWellAsync();

        await AssertStoredOnceAsync(mongo, await AppendAsync(mongo, CreateBatch(mongo, 3)));
        Assert.That((mongo.Unready, mongo.EpochChanges), Is.EqualTo(((string?)null, 0)));
    }

    [Test]
    public async Task UnreachableLater_IsSaidAfterTheTimeout_AndEverythingIsRefusedAtOnce()
    {
        MongoUnderTest mongo = await OpenAsync(timeout: 2);
        Message[] before = await AppendAsync(mongo, CreateBatch(mongo, 4));

        Server.Refuse = true;
        await Eventually.BecomesTrueAsync(() => mongo.Unready is not null, "it is found");

        Assert.That(mongo.Unready, Does.StartWith($"MongoDB at {Server.Address} cannot be reached: "));
        Message[] refused = CreateBatch(mongo, 3, prefix: "r");
        Assert.That(await Elapsed.OfAsync(() => AppendAsync(mongo, refused)), Is.LessThan(AtOnce));
        Assert.That(refused.Select(static m => m.Outcome), Is.All.EqualTo(StoreOutcome.Failed));
        Assert.That(await Elapsed.OfAsync(() => Task.WhenAll(ReadsOf(mongo.Store).Select(RefusedAsync))), Is.LessThan(AtOnce));
        Assert.That(mongo.Restarts, Is.Zero);

        Server.Refuse = false;
        await mongo.IsWellAsync();

        Assert.That((mongo.Restarts, mongo.EpochChanges), Is.EqualTo((1, 0)));
        Message[] after = await AppendAsync(mongo, CreateBatch(mongo, 3, prefix: "n"));
        await AssertStoredOnceAsync(mongo, [.. before, .. after]);
    }

    [Test]
    public async Task OutageWhileAppending_IsGivenUp_AfterTheTimeout()
    {
        MongoUnderTest mongo = await OpenAsync(timeout: 2);
        await AppendAsync(mongo, CreateBatch(mongo, 4));
        Server.Refuse = true;

        Message[] batch = CreateBatch(mongo, 3, prefix: "r");
        TimeSpan took = await Elapsed.OfAsync(() => AppendAsync(mongo, batch));

        Assert.That(batch.Select(static m => m.Outcome), Is.All.EqualTo(StoreOutcome.Failed));
        Assert.That(took, Is.InRange(TimeSpan.FromSeconds(1.6), TimeSpan.FromSeconds(6)));
        Assert.That(mongo.Store.Trouble, Is.Not.Null);
    }

    [Test]
    public async Task ServerThatDoesNotAnswer_IsWaitedFor_OnlySoLong()
    {
        MongoUnderTest mongo = await OpenAsync(timeout: 2);
        await AppendAsync(mongo, CreateBatch(mongo, 4));
        Server.Delay("find", TimeSpan.FromMinutes(1));
        Server.Delay("aggregate", TimeSpan.FromMinutes(1));
        Server.Delay("insert", TimeSpan.FromMinutes(1));

        Message[] batch = CreateBatch(mongo, 3, prefix: "r");
        TimeSpan took = await Elapsed.OfAsync(() => Task.WhenAll([AppendAsync(mongo, batch), .. Enumerable.Range(0, 400).SelectMany(_ => ReadsOf(mongo.Store).Take(3)).Select(RefusedAsync)]));

        Assert.That(batch.Select(static m => m.Outcome), Is.All.EqualTo(StoreOutcome.Failed));
        Assert.That(took, Is.LessThan(TimeSpan.FromSeconds(10)));
        Server.ClearFaults();
        await mongo.IsWellAsync();
        Assert.That((await ReadIdsAsync(mongo, Alice))[..2], Is.EqualTo(new[] { "m0", "m2" }));
    }

    [TestCase("socketTimeoutMS=-1")]
    [TestCase("socketTimeoutMS=0&connectTimeoutMS=0&serverSelectionTimeoutMS=0")]
    [TestCase("socketTimeoutMS=600000&connectTimeoutMS=600000&serverSelectionTimeoutMS=600000")]
    public async Task TimeLimitsOfTheConnectionString_NeverLengthenTheTimeout(string limits)
    {
        MongoUnderTest mongo = await Create(timeout: 2, uri: $"{Server.Uri}{(Server.Uri.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{limits}").StartAsync();
        await AppendAsync(mongo, CreateBatch(mongo, 4));
        foreach (string command in (string[])["find", "aggregate", "insert"])
            Server.Delay(command, TimeSpan.FromMinutes(1));

        Message[] batch = CreateBatch(mongo, 3, prefix: "r");
        TimeSpan took = await Elapsed.OfAsync(() => AppendAsync(mongo, batch));

        Assert.That(batch.Select(static m => m.Outcome), Is.All.EqualTo(StoreOutcome.Failed));
        Assert.That(took, Is.LessThan(TimeSpan.FromSeconds(20)));
    }

    [Test]
    public async Task ReadsThatAreSlow_AreWaitedFor_OnlySoLong_ThoughTheDatabaseIsWell()
    {
        MongoUnderTest mongo = await OpenAsync(timeout: 2);
        await AppendAsync(mongo, CreateBatch(mongo, 4));
        Server.Delay("find messages", TimeSpan.FromMinutes(1));

        TimeSpan took = await Elapsed.OfAsync(() => Task.WhenAll(Enumerable.Range(0, 400).Select(_ => RefusedAsync(mongo.Store.ReadAsync(Alice, 0, Page, default).AsTask()))));

        Assert.That(took, Is.LessThan(TimeSpan.FromSeconds(10)));
        Assert.That(mongo.Store.Trouble, Is.Null);
    }

    [Test]
    public async Task SlowServer_NothingIsAnsweredBeforeItIsStored()
    {
        MongoUnderTest mongo = await OpenAsync();
        Server.Delay("insert messages", TimeSpan.FromSeconds(0.7));

        Message[] batch = CreateBatch(mongo, 4);
        TimeSpan took = await Elapsed.OfAsync(() => AppendAsync(mongo, batch));

        Assert.That(took, Is.GreaterThan(TimeSpan.FromSeconds(0.6)));
        await AssertStoredOnceAsync(mongo, batch);
    }

    [TestCase("find")]
    [TestCase("find meta")]
    [TestCase("insert messages")]
    [TestCase("update cursors")]
    public async Task Dispose_WhileCallsHang_ReturnsSoon(string command)
    {
        MongoUnderTest mongo = await OpenAsync(timeout: 30);
        await AppendAsync(mongo, CreateBatch(mongo, 4));
        int before = Server.Count(command);
        Server.Delay(command, TimeSpan.FromMinutes(1));
        mongo.Store.MoveCursor("alice", "phone", Alice, 1, mongo.Store.Epoch);
        Task append = AppendAsync(mongo, CreateBatch(mongo, 4, prefix: "n"));
        await Eventually.BecomesTrueAsync(() => Server.Count(command) > before, "the call is under way");

        TimeSpan took = await Elapsed.OfAsync(() => mongo.DisposeAsync().AsTask());

        Assert.That(took, Is.LessThan(TimeSpan.FromSeconds(10)));
        Server.DropConnections();
        Assert.That(async () => await append, Throws.Nothing);
    }

    private static Task[] ReadsOf(IMessageStore store) =>
    [
        store.ReadAsync(Alice, 0, Page, default).AsTask(),
        store.FindAsync(Alice, 1, default).AsTask(),
        store.ReadHeadsAsync([Alice], default).AsTask(),
        store.ReadCursorsAsync("alice", "phone", [Alice], default).AsTask(),
        store.ListCursorsAsync(Alice, 10, default).AsTask(),
        store.ListRevocationsAsync(default).AsTask(),
        store.RevokeAsync("alice", 1, default).AsTask(),
    ];

    private static async Task RefusedAsync(Task read)
    {
        await read.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Assert.That(read.Exception?.InnerException, Is.InstanceOf<StoreUnavailableException>());
    }
}
