using Microsoft.Extensions.Logging;
using PushNode.Storage;
using PushNode.Tests.Support;
using PushNode.Tests.Support.Mongo;

namespace PushNode.Tests.Storage.Mongo;

/// <summary>Cursors and revocations on their way into the database.</summary>
internal sealed class MongoCursorFaultTests : OnMongoDouble
{
    [Test]
    public async Task Cursor_IsWrittenWithinASecond()
    {
        MongoUnderTest mongo = await OpenAsync();
        MongoUnderTest other = await OpenAsync();

        mongo.Store.MoveCursor("alice", "phone", Alice, 5, mongo.Store.Epoch);

        await Eventually.BecomesTrueAsync(async () => await CursorAsync(other) == 5, "the other node sees it", TimeSpan.FromSeconds(1.5));
    }

    [Test]
    public async Task Cursor_IsWritten_WhenTheNodeEnds()
    {
        MongoUnderTest mongo = await OpenAsync();
        MongoUnderTest other = await OpenAsync();
        // The ones before hold the writer for a second.
        for (int i = 0; i < 1500; i++)
            mongo.Store.MoveCursor("user", $"d{i}", Alice, 5, mongo.Store.Epoch);
        await mongo.Store.SaveCursorsAsync(default);
        mongo.Store.MoveCursor("alice", "phone", Alice, 5, mongo.Store.Epoch);

        await mongo.DisposeAsync();

        Assert.That(await CursorAsync(other), Is.EqualTo(5));
    }

    [Test]
    public async Task Cursor_OfTwoNodes_GoesForwardOnly()
    {
        MongoUnderTest mongo = await OpenAsync();
        MongoUnderTest other = await OpenAsync();
        mongo.Store.MoveCursor("alice", "phone", Alice, 9, mongo.Store.Epoch);
        await mongo.Store.SaveCursorsAsync(default);

        other.Store.MoveCursor("alice", "phone", Alice, 4, other.Store.Epoch);
        await other.Store.SaveCursorsAsync(default);

        Assert.That((await CursorAsync(mongo), await CursorAsync(other)), Is.EqualTo(((long?)9, (long?)9)));
    }

    [Test]
    public async Task Cursor_OfAnotherEpoch_IsReplaced_ThoughItIsAhead()
    {
        MongoUnderTest mongo = await OpenAsync();
        mongo.Store.MoveCursor("alice", "phone", Alice, 9, mongo.Store.Epoch);
        await mongo.Store.SaveCursorsAsync(default);
        await RenewAsync(mongo);
        Assert.That(await CursorAsync(mongo), Is.EqualTo(DeviceCursor.OfEarlierEpoch));
        Assert.That(await mongo.Store.ListCursorsAsync(Alice, 10, default), Is.Empty);

        mongo.Store.MoveCursor("alice", "phone", Alice, 2, mongo.Store.Epoch);
        await mongo.Store.SaveCursorsAsync(default);

        Assert.That(await CursorAsync(mongo), Is.EqualTo(2));
        Assert.That(await mongo.Store.ListCursorsAsync(Alice, 10, default), Is.EqualTo(new[] { new DeviceCursor("alice", "phone", 2) }));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task WriteThatFails_IsTriedAgain(bool afterEffect)
    {
        MongoUnderTest mongo = await OpenAsync();
        MongoUnderTest other = await OpenAsync();
        Server.Fail("update cursors", 1, times: 2, afterEffect);

        mongo.Store.MoveCursor("alice", "phone", Alice, 5, mongo.Store.Epoch);
        await Eventually.BecomesTrueAsync(() => Server.Count("update cursors") > 0, "it has failed");
        Assert.That(await CursorAsync(mongo), Is.EqualTo(5), "it is seen here at once");

        await Eventually.BecomesTrueAsync(() => Server.Count("update cursors") >= 3, "it is tried again");
        await Eventually.BecomesTrueAsync(async () => await CursorAsync(other) == 5, "it is written");
    }

    [Test]
    public async Task Save_ThatFails_SaysSo()
    {
        MongoUnderTest mongo = await OpenAsync();
        Server.Fail("update cursors", 1, times: 100);
        mongo.Store.MoveCursor("alice", "phone", Alice, 5, mongo.Store.Epoch);

        Assert.That(async () => await mongo.Store.SaveCursorsAsync(default), Throws.InstanceOf<StoreUnavailableException>());
        Assert.That(async () => await mongo.Store.ListCursorsAsync(Alice, 10, default), Throws.InstanceOf<StoreUnavailableException>());

        Server.ClearFaults();
        await mongo.Store.SaveCursorsAsync(default);
        Assert.That(await mongo.Store.ListCursorsAsync(Alice, 10, default), Is.EqualTo(new[] { new DeviceCursor("alice", "phone", 5) }));
    }

    [Test]
    public async Task Save_WithoutAMajority_IsNotConfirmed()
    {
        MongoUnderTest mongo = await OpenAsync();
        Server.WriteConcernError("update cursors", 64, times: 100);
        mongo.Store.MoveCursor("alice", "phone", Alice, 5, mongo.Store.Epoch);

        Assert.That(async () => await mongo.Store.SaveCursorsAsync(default), Throws.InstanceOf<StoreUnavailableException>());
    }

    [Test]
    public async Task Cursors_WhileTheDatabaseIsAway_AreKept()
    {
        MongoUnderTest mongo = await OpenAsync(timeout: 3);
        Server.Refuse = true;
        await Eventually.BecomesTrueAsync(() => mongo.Unready is not null, "it is found");
        mongo.Store.MoveCursor("alice", "phone", Alice, 5, mongo.Store.Epoch);
        mongo.Store.MoveCursor("alice", "phone", Alice, 7, mongo.Store.Epoch);

        Server.Refuse = false;
        await mongo.IsWellAsync();
        await mongo.Store.SaveCursorsAsync(default);

        Assert.That(Server.Documents("cursors").Select(static d => d.Number("s")), Is.EqualTo(new[] { 7L }));
    }

    [Test]
    public async Task End_WhileTheDatabaseIsAway_SaysHowManyAreLeft()
    {
        MongoUnderTest mongo = await OpenAsync(timeout: 3);
        Server.Refuse = true;
        await Eventually.BecomesTrueAsync(() => mongo.Unready is not null, "it is found");
        mongo.Store.MoveCursor("alice", "phone", Alice, 5, mongo.Store.Epoch);

        await mongo.DisposeAsync();

        Assert.That(mongo.Log.At(LogLevel.Warning), Has.Some.StartsWith("1 moved cursors could not be written before the end"));
    }

    [Test]
    public async Task Revocations_OfManyUsers_AreAllListed()
    {
        const int users = 20_500;
        MongoUnderTest mongo = await OpenAsync();
        var documents = new BsonArray(Enumerable.Range(0, users).Select(static i => new BsonDocument { { "_id", $"user{i}" }, { "b", new BsonDate(1000 + i) } }));
        await CommandAsync(new BsonDocument { { "insert", "revocations" }, { "documents", documents } });

        IReadOnlyList<KeyValuePair<string, long>> found = await mongo.Store.ListRevocationsAsync(default);

        Assert.That(found, Has.Count.EqualTo(users));
        Assert.That(found.Select(static r => r.Key).Distinct().Count(), Is.EqualTo(users));
        Assert.That(found.Single(static r => r.Key == "user10001").Value, Is.EqualTo(11_001));
    }

    [Test]
    public async Task Revocation_IsConfirmed_OnlyWhenItIsDurable()
    {
        MongoUnderTest mongo = await OpenAsync();
        Server.WriteConcernError("update revocations", 64);
        Assert.That(async () => await mongo.Store.RevokeAsync("alice", 5, default), Throws.InstanceOf<StoreUnavailableException>());
        Server.CloseAfter("update revocations", times: 10);
        Assert.That(async () => await mongo.Store.RevokeAsync("alice", 5, default), Throws.InstanceOf<StoreUnavailableException>());
        Server.ClearFaults();

        await mongo.Store.RevokeAsync("alice", 5, default);

        Assert.That(await mongo.Store.ListRevocationsAsync(default), Is.EqualTo(new[] { KeyValuePair.Create("alice", 5L) }));
    }

    private static async Task<long?> CursorAsync(MongoUnderTest store) => (await store.Store.ReadCursorsAsync("alice", "phone", [Alice], default))[0];

    private async Task RenewAsync(MongoUnderTest mongo)
    {
        string before = mongo.Store.Epoch;
        await UpdateMetaAsync(new BsonDocument { { "epoch", "renewed" } });
        await Eventually.BecomesTrueAsync(() => mongo.Store.Epoch != before, "it is found");
    }
}
