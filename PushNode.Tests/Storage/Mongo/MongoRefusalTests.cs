using Microsoft.Extensions.Logging;
using PushNode.Messages;
using PushNode.Tests.Support;
using PushNode.Tests.Support.Mongo;

namespace PushNode.Tests.Storage.Mongo;

/// <summary>What the database does not take.</summary>
internal sealed class MongoRefusalTests : OnMongoDouble
{
    private const int DiskFull = 14031;

    [TestCase(121)]
    [TestCase(2)]
    public async Task DocumentRefused_FailsAlone_AndLeavesNoHole(int code)
    {
        MongoUnderTest mongo = await OpenAsync();
        Server.RejectDocument(static d => d.At("_id.i") is "~m4" or "~m5", code);

        Message[] batch = await AppendAsync(mongo, CreateBatch(mongo, 10));

        Assert.That(batch.Where(static m => m.Outcome == StoreOutcome.Failed).Select(static m => m.Id), Is.EqualTo(new[] { "m4", "m5" }));
        await AssertStoredOnceAsync(mongo, [.. batch.Where(static m => m.Outcome != StoreOutcome.Failed)]);
        Assert.That(mongo.Log.At(LogLevel.Error), Has.Exactly(2).Items.And.All.StartsWith("MongoDB refuses the message m"));
        Assert.That(mongo.Store.Trouble, Is.Null);
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task MessageTooLarge_FailsAlone(bool failsCommand)
    {
        MongoUnderTest mongo = await OpenAsync();
        Message[] batch = [Create(mongo, Alice, "a"), Create(mongo, Alice, "large", size: 9 << 20), Create(mongo, Alice, "b")];
        Server.RejectDocument(static d => d.At("_id.i") is "~large", 10334, failsCommand);

        await AppendAsync(mongo, batch);

        Assert.That(batch.Select(static m => m.Outcome), Is.EqualTo(new[] { StoreOutcome.Stored, StoreOutcome.Failed, StoreOutcome.Stored }));
        Assert.That(await ReadIdsAsync(mongo, Alice), Is.EqualTo(new[] { "a", "b" }));
    }

    [Test]
    public async Task DiskFull_AsAWriteError_KeepsWhatIsStored_AndFailsTheRest()
    {
        MongoUnderTest mongo = await OpenAsync();
        Server.RejectDocument(static d => d.At("_id.i") is "~m4", DiskFull);

        Message[] batch = CreateBatch(mongo, 10);
        TimeSpan took = await Elapsed.OfAsync(() => AppendAsync(mongo, batch));

        Assert.That(batch.Select(static m => m.Outcome), Is.EqualTo(Enumerable.Repeat(StoreOutcome.Stored, 4).Concat(Enumerable.Repeat(StoreOutcome.Failed, 6))));
        Assert.That(took, Is.LessThan(TimeSpan.FromSeconds(1)));
        await GoesOnAsync(mongo, [.. batch[..4]]);
    }

    [Test]
    public async Task DiskFull_FailsTheBatchAtOnce_AndIsSaid_UntilThereIsRoom()
    {
        MongoUnderTest mongo = await OpenAsync();
        Server.Fail("insert messages", DiskFull, times: 1000);
        Server.Fail("update", DiskFull, times: 1000);
        await Task.WhenAll(AppendAsync(mongo, CreateBatch(mongo, 10)));

        Message[] batch = CreateBatch(mongo, 10);
        TimeSpan took = await Elapsed.OfAsync(() => AppendAsync(mongo, batch));

        Assert.That(batch.Select(static m => m.Outcome), Is.All.EqualTo(StoreOutcome.Failed));
        Assert.That(took, Is.LessThan(TimeSpan.FromSeconds(1)));
        Assert.That(mongo.Unready, Does.Contain("MongoDB at 127.0.0.1").And.Contain("the test lets update fail"));
        await GoesOnAsync(mongo);
    }

    [Test]
    public async Task DiskFull_ForLong_LetsMessagesBeRead()
    {
        MongoUnderTest mongo = await OpenAsync(timeout: 3);
        Message[] before = await AppendAsync(mongo, CreateBatch(mongo, 4));
        Server.Fail("insert messages", DiskFull, times: 1000);
        Server.Fail("update", DiskFull, times: 1000);
        await AppendAsync(mongo, CreateBatch(mongo, 10, prefix: "full"));
        int probes = Server.Count("update meta");

        // Well past the timeout.
        await Eventually.BecomesTrueAsync(() => Server.Count("update meta") >= probes + 3, "it is tried whether there is room");
        await Task.Delay(TimeSpan.FromSeconds(1));

        Assert.That(mongo.Store.Trouble, Is.Not.Null);
        Assert.That(await ReadIdsAsync(mongo, Alice), Is.EqualTo(new[] { "m0", "m2" }));
        int inserts = Server.Count("insert messages");
        await AppendAsync(mongo, CreateBatch(mongo, 2, prefix: "fast"));
        Assert.That(Server.Count("insert messages"), Is.EqualTo(inserts), "what will fail is not tried");
        await GoesOnAsync(mongo, before);
    }

    [Test]
    public async Task NumberThatCannotBeHeld_FailsTheBatch_AndIsSaid()
    {
        MongoUnderTest mongo = await OpenAsync();
        await AppendAsync(mongo, Create(mongo, Alice, "a"));
        // Behind an old record numbering goes on higher, once the number between is held.
        mongo.Time.Advance(TimeSpan.FromHours(25));
        Server.RejectDocument(static d => d.At("_id.i") is string id && id.StartsWith('#'), DiskFull);

        Message[] batch = [Create(mongo, Alice, "b")];
        TimeSpan took = await Elapsed.OfAsync(() => AppendAsync(mongo, batch));

        Assert.That(batch[0].Outcome, Is.EqualTo(StoreOutcome.Failed));
        Assert.That(took, Is.LessThan(TimeSpan.FromSeconds(1)));
        Assert.That(mongo.Log.At(LogLevel.Error), Has.Some.Contains("the test refuses the document"));
    }

    [Test]
    public async Task InsertsThatFail_WhileOtherWritesSucceed_StayTrouble_AndAreLoggedOnceAMinute()
    {
        MongoUnderTest mongo = await OpenAsync();
        Server.Fail("insert messages", DiskFull, times: 100_000);

        await AppendAsync(mongo, CreateBatch(mongo, 2));
        int probes = Server.Count("update meta");
        int batches = 0;
        while (Server.Count("update meta") < probes + 20 || batches < 20)
        {
            await AppendAsync(mongo, CreateBatch(mongo, 2, prefix: $"{batches++}-"));
            Assert.That(mongo.Unready, Does.Contain("the test lets insert fail"), $"after {batches} batches");
        }

        Assert.That(NotStored(), Is.EqualTo(1));
        for (int i = 0; i < 9; i++)
        {
            mongo.Time.Advance(TimeSpan.FromSeconds(7));
            await AppendAsync(mongo, CreateBatch(mongo, 2, prefix: $"later{i}-"));
        }

        Assert.That(NotStored(), Is.EqualTo(2));

        Server.ClearFaults();
        await AssertStoredOnceAsync(mongo, await AppendAsync(mongo, CreateBatch(mongo, 2, prefix: "n")));
        Assert.That(mongo.Unready, Is.Null, "the first that is stored is enough");
        mongo.Time.Advance(TimeSpan.FromSeconds(10));
        await Eventually.BecomesTrueAsync(() => StoredAgain() > 0, "it is said");
        Assert.That((NotStored(), StoredAgain()), Is.EqualTo((2, 1)));

        int NotStored() => mongo.Log.At(LogLevel.Error).Count(static l => l.Contains("were not stored", StringComparison.Ordinal));
        int StoredAgain() => mongo.Log.At(LogLevel.Information).Count(static l => l.Contains("stores messages again", StringComparison.Ordinal));
    }

    [Test]
    public async Task InsertsThatFailed_AreNoTroubleAnyMore_WhenNobodySendsForAWhile()
    {
        MongoUnderTest mongo = await OpenAsync();
        Server.Fail("insert messages", DiskFull, times: 1);
        await AppendAsync(mongo, CreateBatch(mongo, 2));
        int probes = Server.Count("update meta");
        await Eventually.BecomesTrueAsync(() => Server.Count("update meta") >= probes + 2, "it is probed");
        Assert.That(mongo.Unready, Is.Not.Null);

        mongo.Time.Advance(TimeSpan.FromSeconds(10));
        await mongo.IsWellAsync();

        Assert.That(mongo.Unready, Is.Null);
    }

    [Test]
    public async Task UniqueIndexOfSomebodyElse_FailsWhatItRefuses_AndIsNamed()
    {
        MongoUnderTest mongo = await OpenAsync();
        var index = new BsonDocument { { "key", new BsonDocument { { "d", 1 } } }, { "name", "by data" }, { "unique", true } };
        await CommandAsync(new BsonDocument { { "createIndexes", "messages" }, { "indexes", new BsonArray { index } } });

        Message[] batch = [Create(mongo, Alice, "a"), Create(mongo, Alice, "b", size: 3), Create(mongo, Alice, "twin", size: 3), Create(mongo, Bob, "c", size: 4)];
        TimeSpan took = await Elapsed.OfAsync(() => AppendAsync(mongo, batch));

        Assert.That(took, Is.LessThan(TimeSpan.FromSeconds(2)));
        Assert.That(batch.Where(static m => m.Outcome == StoreOutcome.Failed).Select(static m => m.Id), Is.EqualTo(new[] { "twin" }));
        await AssertStoredOnceAsync(mongo, [.. batch.Where(static m => m.Outcome != StoreOutcome.Failed)]);
        Assert.That(mongo.Log.At(LogLevel.Error), Has.Exactly(1).Items.And.Some.Contains("by the unique index by data, which PushNode has not made"));
        Assert.That(mongo.Store.Trouble, Is.Null);
    }

    private async Task GoesOnAsync(MongoUnderTest mongo, params Message[] before)
    {
        Server.ClearFaults();
        mongo.Time.Advance(TimeSpan.FromSeconds(10));
        await mongo.IsWellAsync();
        Message[] next = await AppendAsync(mongo, CreateBatch(mongo, 10, prefix: "n"));
        await AssertStoredOnceAsync(mongo, [.. before, .. next]);
    }
}
