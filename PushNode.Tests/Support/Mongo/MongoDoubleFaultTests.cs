using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PushNode.Tests.Support.Mongo;

internal sealed class MongoDoubleFaultTests
{
    private static readonly KeyValuePair<string, object?> Majority = new("writeConcern", new BsonDocument { { "w", "majority" } });
    private static readonly KeyValuePair<string, object?> MajorityRead = new("readConcern", new BsonDocument { { "level", "majority" } });

    private readonly MongoDouble server = new(new MongoDoubleOptions { ReplicaSet = "rs0" });
    private MongoWireClient client = null!;

    [SetUp]
    public void Begin() => client = new MongoWireClient(server);

    [TearDown]
    public async Task EndAsync()
    {
        await client.DisposeAsync();
        await server.DisposeAsync();
    }

    [Test]
    public async Task ReplicaSet_SaysSo_AndHasStandaloneRefuseRetryableWrites()
    {
        BsonDocument hello = await client.CommandAsync(new BsonDocument { { "hello", 1 } });
        Assert.That(
            new[] { hello["setName"], hello["me"], hello["primary"], hello["secondary"], hello["isWritablePrimary"] },
            Is.EqualTo(new object[] { "rs0", server.Address, server.Address, false, true }));
        Assert.That(server.Uri, Is.EqualTo($"mongodb://{server.Address}/?replicaSet=rs0"));

        await using var standalone = new MongoDouble();
        await using var other = new MongoWireClient(standalone);
        Assert.That((await other.CommandAsync(Retryable(1, 1))).Number("code"), Is.EqualTo(20));
    }

    [TestCase(false, 0)]
    [TestCase(true, 1)]
    public async Task Fail_BeforeOrAfterTheEffect_AsOftenAsSaid(bool afterEffect, int documents)
    {
        server.Fail("insert messages", 91, times: 1, afterEffect);

        BsonDocument failed = await client.CommandAsync(Retryable(1, 1));
        Assert.That(server.Documents("messages"), Has.Count.EqualTo(documents));
        BsonDocument repeated = await client.CommandAsync(Retryable(1, 1));

        Assert.That(failed.ToString(), Does.StartWith("{ ok: 0, errmsg: ").And.Contains("code: 91, codeName: \"ShutdownInProgress\", errorLabels: [ \"RetryableWriteError\" ]"));
        Assert.That(repeated.ToString(), Is.EqualTo("{ n: 1, ok: 1 }"));
        Assert.That(server.Documents("messages"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Label_OnlyForWhatCanBeRepeated()
    {
        server.Fail("insert", 91);
        server.Fail("insert", 13);

        Assert.That((await client.CommandAsync(Insert(1))).Has("errorLabels"), Is.False, "no retryable write");
        Assert.That((await client.CommandAsync(Retryable(1, 1))).Has("errorLabels"), Is.False, "no code to repeat for");
    }

    [Test]
    public async Task Close_WithOrWithoutTheEffect()
    {
        server.CloseBefore("insert");
        Assert.That(await client.AskAsync(Insert(1)), Is.Null);
        Assert.That(server.Documents("messages"), Is.Empty);

        await using var second = new MongoWireClient(server);
        server.CloseAfter("insert");
        Assert.That(await second.AskAsync(Insert(1)), Is.Null);
        Assert.That(server.Documents("messages"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Held_IsCarriedOut_ThoughItsConnectionIsGone()
    {
        HeldCommand held = server.Hold("insert");
        await client.SendAsync(Insert(1));
        Assert.That((await held.Arrived).Command, Is.EqualTo("insert"));
        server.DropConnections();
        Assert.That(await client.ReplyAsync(), Is.Null);
        Assert.That(server.Documents("messages"), Is.Empty);

        held.Release();
        await held.Executed;

        Assert.That(server.Documents("messages"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Held_AfterItsRepetition_HasNoFurtherEffect()
    {
        HeldCommand held = server.Hold("insert");
        await client.SendAsync(Retryable(1, 1));
        await held.Arrived;
        await using var second = new MongoWireClient(server);
        await second.CommandAsync(Retryable(1, 1));

        held.Release();

        Assert.That((await client.ReplyAsync())!.ToString(), Is.EqualTo("{ n: 1, ok: 1 }"));
        Assert.That((await second.CommandAsync(Retryable(1, 2))).Documents("writeErrors").Single().Number("code"), Is.EqualTo(11000));
    }

    [Test]
    public async Task Delay_IsOfTheAnswer()
    {
        server.Delay("insert", TimeSpan.FromDays(1));
        await client.SendAsync(Insert(1));
        await Eventually.BecomesTrueAsync(() => server.Documents("messages").Count == 1, "it has its effect");

        server.Delay("insert", TimeSpan.Zero);

        await using var second = new MongoWireClient(server);
        Assert.That((await second.CommandAsync(Insert(2))).Flag("ok"), Is.True);
    }

    [Test]
    public async Task WriteConcernError_ComesWithTheEffect()
    {
        server.WriteConcernError("insert", 91);

        BsonDocument reply = await client.CommandAsync(Retryable(1, 1));

        Assert.That(reply.At("writeConcernError.code"), Is.EqualTo(91));
        Assert.That(reply.Flag("ok") && reply.Has("errorLabels"), Is.True);
        Assert.That(server.Documents("messages"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Lag_HidesFromAMajority_AndHoldsTheAnswersBack()
    {
        await client.CommandAsync([.. Insert(1), Majority]);
        server.Lag = true;
        await client.SendAsync([.. Insert(2), Majority]);
        await using var second = new MongoWireClient(server);

        var impatient = new KeyValuePair<string, object?>("writeConcern", new BsonDocument { { "w", "majority" }, { "wtimeout", 1 } });
        BsonDocument given = await second.CommandAsync([.. Insert(3), impatient]);
        await Eventually.BecomesTrueAsync(() => server.Documents("messages").Count == 3, "they have their effect");

        Assert.That(given.At("writeConcernError.code"), Is.EqualTo(64));
        Assert.That(await CountAsync(second, MajorityRead), Is.EqualTo(1));
        Assert.That(await CountAsync(second), Is.EqualTo(3));
        server.Lag = false;
        Assert.That((await client.ReplyAsync())!.ToString(), Is.EqualTo("{ n: 1, ok: 1 }"));
        Assert.That(await CountAsync(second, MajorityRead), Is.EqualTo(3));
    }

    [Test]
    public async Task RollBack_LosesWhatNoMajorityHas()
    {
        await client.CommandAsync(Retryable(1, 1));
        server.Lag = true;
        await client.CommandAsync(Retryable(2, 2));
        await client.SendAsync([.. Retryable(3, 3), Majority]);
        await Eventually.BecomesTrueAsync(() => server.Documents("messages").Count == 3, "they have their effect");

        server.RollBack();

        Assert.That(await client.ReplyAsync(), Is.Null);
        Assert.That(server.Documents("messages"), Has.Count.EqualTo(1));
        await using var second = new MongoWireClient(server);
        await second.CommandAsync(Retryable(2, 2));
        Assert.That(server.Documents("messages"), Has.Count.EqualTo(2), "what was lost is no write repeated");
    }

    [Test]
    public async Task SteppedDown_AnswersAboutItselfOnly()
    {
        server.StepDown();

        Assert.That((await client.CommandAsync(new BsonDocument { { "hello", 1 } }))["isWritablePrimary"], Is.False);
        Assert.That((await client.CommandAsync(Insert(1))).Number("code"), Is.EqualTo(10107));

        server.StepUp();
        Assert.That((await client.CommandAsync(Insert(1))).Flag("ok"), Is.True);
    }

    [Test]
    public async Task Refusing_DropsConnections_UntilItTakesThemAgain()
    {
        await client.CommandAsync(Insert(1));

        server.Refuse = true;

        Assert.That(await client.ReplyAsync(), Is.Null);
        Assert.That(() => new MongoWireClient(server), Throws.InstanceOf<SocketException>());
        server.Refuse = false;
        await using var second = new MongoWireClient(server);
        Assert.That(await CountAsync(second), Is.EqualTo(1));
    }

    [Test]
    public async Task Document_Rejected_IsAWriteError_OrFailsTheCommand()
    {
        BsonDocument insert = new() { { "insert", "messages" }, { "documents", new BsonArray { new BsonDocument { { "_id", 1 } }, new BsonDocument { { "_id", 2 } } } } };
        server.RejectDocument(d => d.Number("_id") == 2, 121);
        BsonDocument reply = await client.CommandAsync(insert);
        Assert.That((reply.Number("n"), reply.Documents("writeErrors").Single().Number("code")), Is.EqualTo((1, 121)));

        server.ClearFaults();
        server.RejectDocument(d => d.Number("_id") == 1, 14031, failsCommand: true);
        Assert.That((await client.CommandAsync(insert)).Number("code"), Is.EqualTo(14031));
    }

    [Test]
    public async Task Logins_WhereRefused_Fail18_AndOthers13()
    {
        await using var closed = new MongoDouble(new MongoDoubleOptions { RefusesLogins = true });
        await using var other = new MongoWireClient(closed);

        Assert.That((await other.CommandAsync(new BsonDocument { { "saslStart", 1 } })).Number("code"), Is.EqualTo(18));
        Assert.That((await other.CommandAsync(Insert(1))).Number("code"), Is.EqualTo(13));
        Assert.That((await other.CommandAsync(new BsonDocument { { "hello", 1 } })).Flag("ok"), Is.True);
    }

    [Test]
    public async Task Connection_WithoutTls_WhereItIsRequired_IsClosed()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using X509Certificate2 certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        await using var secure = new MongoDouble(new MongoDoubleOptions { Certificate = certificate });
        await using var plain = new MongoWireClient(secure);

        Assert.That(await plain.AskAsync(new BsonDocument { { "hello", 1 } }), Is.Null);
        Assert.That(secure.Commands, Is.Empty);
    }

    [Test]
    public async Task Commands_AreCounted_AndDocumentsPurged()
    {
        await client.CommandAsync(Insert(1));
        await client.CommandAsync(Insert(2));

        Assert.That((server.Count("insert"), server.Count("insert messages"), server.Count("insert cursors")), Is.EqualTo((2, 2, 0)));
        Assert.That(server.Purge(d => d.Number("_id") == 1), Is.EqualTo(1));
        Assert.That(await CountAsync(client), Is.EqualTo(1));
        Assert.That((await client.CommandAsync(Insert(1))).Has("writeErrors"), Is.False, "its _id is free again");
    }

    private static BsonDocument Insert(int id) => new() { { "insert", "messages" }, { "documents", new BsonArray { new BsonDocument { { "_id", id } } } } };

    private static BsonDocument Retryable(int id, long number) =>
        [.. Insert(id), new("lsid", new BsonDocument { { "id", new BsonBinary([7], 4) } }), new("txnNumber", number)];

    private static async Task<int> CountAsync(MongoWireClient by, params KeyValuePair<string, object?>[] options)
    {
        BsonDocument reply = await by.CommandAsync([new("find", "messages"), .. options]);
        return ((BsonDocument)reply["cursor"]!).Documents("firstBatch").Count();
    }
}
