using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using PushNode.Messages;
using PushNode.Settings;
using PushNode.Storage;
using PushNode.Storage.Mongo;
using PushNode.Tests.Support;
using PushNode.Tests.Support.Mongo;

namespace PushNode.Tests.Storage.Mongo;

/// <summary>What is wrong with a database, when a node starts and while it runs; and its epoch.</summary>
internal sealed class MongoSetupTests : OnMongoDouble
{
    [Test]
    public async Task WrongPassword_StopsTheStart_WithoutTellingIt()
    {
        await using var server = new MongoDouble(new MongoDoubleOptions { RefusesLogins = true });
        MongoUnderTest mongo = Create(uri: $"mongodb://user:secret-word@{server.Address}/");

        Assert.That(await RefusedAsync(mongo), Does.StartWith("Mongo:Connection is refused by MongoDB at 127.0.0.1:").And.Contain("readWrite").And.Not.Contain("secret-word"));
    }

    [Test]
    public async Task MissingPassword_StopsTheStart()
    {
        await using var server = new MongoDouble(new MongoDoubleOptions { RefusesLogins = true });

        Assert.That(await RefusedAsync(Create(uri: server.Uri)), Does.StartWith("Mongo:Connection is refused by MongoDB at 127.0.0.1:"));
    }

    [Test]
    public async Task RightsThatAreTaken_AreTrouble_AndSaid_UntilTheyAreBack()
    {
        MongoUnderTest mongo = await OpenAsync(timeout: 3);
        Server.Fail("find", 13, times: 100_000);
        Server.Fail("insert", 13, times: 100_000);

        await Eventually.BecomesTrueAsync(() => mongo.Unready is not null, "it is found");
        Message[] batch = await AppendAsync(mongo, CreateBatch(mongo, 2));

        Assert.That(mongo.Unready, Does.StartWith($"MongoDB at {Server.Address} refuses this node: "));
        Assert.That(batch.Select(static m => m.Outcome), Is.All.EqualTo(StoreOutcome.Failed));
        await Eventually.BecomesTrueAsync(() => mongo.Log.At(LogLevel.Warning).Any(static l => l.Contains("refuses this node", StringComparison.Ordinal)), "it is said");
        Server.ClearFaults();
        await mongo.IsWellAsync();
        await AssertStoredOnceAsync(mongo, await AppendAsync(mongo, CreateBatch(mongo, 2)));
    }

    [Test]
    public async Task TlsThatIsRequired_IsTrouble_AndSaid()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using X509Certificate2 certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        await using var server = new MongoDouble(new MongoDoubleOptions { Certificate = certificate });

        MongoUnderTest plain = await Create(timeout: 1, uri: server.Uri).StartAsync();
        MongoUnderTest untrusting = await Create(timeout: 1, uri: $"{server.Uri}?tls=true").StartAsync();
        MongoUnderTest trusting = await Create(uri: $"{server.Uri}?tls=true&tlsInsecure=true").StartAsync();

        Assert.That(plain.Unready, Does.StartWith($"MongoDB at {server.Address} cannot be reached: "));
        Assert.That(untrusting.Unready, Does.StartWith($"MongoDB at {server.Address} cannot be reached: "));
        Assert.That(trusting.Unready, Is.Null);
    }

    [TestCase("x", "other")]
    [TestCase("y", "x")]
    public async Task IndexThatClashes_StopsTheStart(string key, string name)
    {
        var index = new BsonDocument { { "key", new BsonDocument { { key, 1 } } }, { "name", name } };
        await CommandAsync(new BsonDocument { { "createIndexes", "messages" }, { "indexes", new BsonArray { index } } });

        Assert.That(
            await RefusedAsync(Create()),
            Does.StartWith("Mongo:Connection names a database that cannot be used: its collection messages has an index that clashes").And.Contain("Mongo:CollectionPrefix"));
    }

    [Test]
    public async Task DocumentsOfOthers_StopTheStart()
    {
        await CommandAsync(new BsonDocument { { "insert", "messages" }, { "documents", new BsonArray { new BsonDocument { { "_id", 1 }, { "text", "hi" } } } } });

        Assert.That(
            await RefusedAsync(Create()),
            Does.StartWith("Mongo:Connection names a database that cannot be used: its collection messages holds documents that PushNode has not written").And.Contain("Mongo:Database"));
    }

    [Test]
    public async Task DocumentOfOthers_AmongTheMessages_IsPassedOver_AndSaid()
    {
        MongoUnderTest mongo = await OpenAsync();
        await AppendAsync(mongo, Create(mongo, Alice, "a"));
        await CommandAsync(new BsonDocument { { "insert", "messages" }, { "documents", new BsonArray { new BsonDocument { { "_id", 1 }, { "c", "user:alice" }, { "s", 2 } } } } });

        Message[] next = await AppendAsync(mongo, Create(mongo, Alice, "b"));
        MessagePage page = await mongo.Store.ReadAsync(Alice, 0, Page, default);

        Assert.That(next[0].Seq, Is.GreaterThan(2), "its number is not used again");
        Assert.That(page.Messages.Select(static m => m.Seq), Is.EqualTo(new long[] { 1, next[0].Seq }));
        Assert.That(mongo.Log.At(LogLevel.Error), Has.Some.Contains("is no message that PushNode has written"));
    }

    [TestCase("abc")]
    [TestCase(7.5)]
    [TestCase(long.MaxValue)]
    public async Task NumberThatIsNone_DoesNotHideWhereTheNumberingIs(object number)
    {
        MongoUnderTest mongo = await OpenAsync();
        await AppendAsync(mongo, Create(mongo, Alice, "a"));
        await CommandAsync(new BsonDocument { { "insert", "messages" }, { "documents", new BsonArray { new BsonDocument { { "_id", 1 }, { "c", "user:alice" }, { "s", number } } } } });

        MongoUnderTest other = await OpenAsync();
        Message[] next = await AppendAsync(other, Create(other, Alice, "b"));

        Assert.That((next[0].Outcome, next[0].Seq), Is.EqualTo((StoreOutcome.Stored, 2L)));
    }

    [Test]
    public async Task LaterSchema_StopsTheStart_AndIsTroubleForOneThatRuns()
    {
        MongoUnderTest mongo = await OpenAsync(timeout: 3);
        await UpdateMetaAsync(new BsonDocument { { "schema", 2 } });

        Assert.That(await RefusedAsync(Create()), Does.Contain("a later version of PushNode (schema 2, this one knows 1)"));
        await Eventually.BecomesTrueAsync(() => mongo.Unready is not null, "it is found");
        Assert.That(mongo.Unready, Does.Contain("a later version of PushNode"));
    }

    [Test]
    public async Task DatabaseDropped_WhileItRuns_IsANewLife()
    {
        MongoUnderTest mongo = await OpenAsync();
        await AppendAsync(mongo, CreateBatch(mongo, 4));
        mongo.Store.MoveCursor("alice", "phone", Alice, 2, mongo.Store.Epoch);
        await mongo.Store.SaveCursorsAsync(default);
        string before = mongo.Store.Epoch;

        await CommandAsync(new BsonDocument { { "dropDatabase", 1 } });
        await Eventually.BecomesTrueAsync(() => mongo.Store.Epoch != before, "it is found");

        Assert.That(mongo.EpochChanges, Is.EqualTo(1));
        await AssertStoredOnceAsync(mongo, await AppendAsync(mongo, CreateBatch(mongo, 4, prefix: "n")));
        Assert.That(await mongo.Store.ReadCursorsAsync("alice", "phone", [Alice], default), Is.EqualTo(new long?[] { null }));
        Assert.That(async () => await mongo.Store.RevokeAsync("alice", 1, default), Throws.Nothing);
        Assert.That(mongo.Store.Trouble, Is.Null);
    }

    [Test]
    public async Task Epoch_RenewedWhileItRuns_IsTold_BeforeItChanges()
    {
        MongoUnderTest mongo = await OpenAsync();
        MongoUnderTest other = await OpenAsync();
        Message[] first = await AppendAsync(mongo, CreateBatch(mongo, 4));
        mongo.Store.MoveCursor("alice", "phone", Alice, 2, mongo.Store.Epoch);
        await mongo.Store.SaveCursorsAsync(default);
        string before = mongo.Store.Epoch;

        (string Before, string Now) renewed = await Task.Run(() => MongoEpochRenewal.Run(new MongoOptions { Connection = Server.Uri, Database = Database }));
        await Eventually.BecomesTrueAsync(() => mongo.Store.Epoch != before && other.Store.Epoch != before, "both find it");
        // Of the epoch of before, from a connection that has not been closed yet.
        mongo.Store.MoveCursor("alice", "laptop", Alice, 2, before);

        Assert.That(renewed, Is.EqualTo((before, mongo.Store.Epoch)));
        Assert.That((mongo.EpochChanges, other.EpochChanges, other.Store.Epoch), Is.EqualTo((1, 1, renewed.Now)));
        Assert.That(await mongo.Store.ReadCursorsAsync("alice", "phone", [Alice], default), Is.EqualTo(new long?[] { DeviceCursor.OfEarlierEpoch }));
        Assert.That(await mongo.Store.ReadCursorsAsync("alice", "laptop", [Alice], default), Is.EqualTo(new long?[] { null }));
        Message[] next = await AppendAsync(mongo, CreateBatch(mongo, 4, prefix: "n"));
        await AssertStoredOnceAsync(mongo, [.. first, .. next]);
    }

    [Test]
    public void Renewal_WithoutADatabase_SaysSo()
    {
        Assert.That(
            () => MongoEpochRenewal.Run(new MongoOptions { Connection = Server.Uri, Database = "elsewhere" }),
            Throws.InstanceOf<SettingsException>().With.Message.Contains("that holds no messages of PushNode"));
        Server.Refuse = true;
        Assert.That(
            () => MongoEpochRenewal.Run(new MongoOptions { Connection = Server.Uri, Timeout = TimeSpan.FromSeconds(1) }),
            Throws.InstanceOf<SettingsException>().With.Message.Contains("cannot be given a new epoch"));
    }

    [Test]
    public async Task ManyNodes_ThatStartTogether_AgreeOnTheEpoch()
    {
        MongoUnderTest[] nodes = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Create()).ToArray().Select(static n => Task.Run(n.StartAsync)));

        Assert.That(nodes.Select(static n => n.Store.Epoch).Distinct().Count(), Is.EqualTo(1));
    }

    private static async Task<string> RefusedAsync(MongoUnderTest mongo)
    {
        try
        {
            await mongo.StartAsync();
        }
        catch (SettingsException e)
        {
            return e.Message;
        }

        Assert.Fail("it has started");
        return "";
    }
}
