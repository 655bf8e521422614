using Microsoft.Extensions.Logging;
using PushNode.Cluster;
using PushNode.Messages;
using PushNode.Settings;
using PushNode.Tests.Support;

namespace PushNode.Tests.Cluster;

internal sealed class RedisRouteTableTests
{
    private static readonly Channel Alice = Channel.User("alice");
    private static readonly Channel News = Channel.Topic("news");

    private RedisServer server = null!;

    [SetUp]
    public async Task StartAsync() => server = await RedisServer.StartAsync();

    [TearDown]
    public ValueTask StopAsync() => server.DisposeAsync();

    [Test]
    public async Task Routes_AreFoundByEveryNode_UntilTheyAreRemoved()
    {
        await using RedisMember dispatch = await RedisMember.StartAsync(server, "10.0.0.1:8081", Roles.Dispatch);
        await using RedisMember first = await RedisMember.StartAsync(server, "10.0.0.2:8081");
        await using RedisMember second = await RedisMember.StartAsync(server, "10.0.0.3:8081");

        Assert.That(await dispatch.LookupAsync(Alice), Is.Empty);
        Assert.That(await first.Routes.AddAsync(Alice, default), Is.EqualTo(first.Routes.Generation));
        await second.Routes.AddAsync(Alice, default);

        Assert.That(await dispatch.LookupAsync(Alice), Is.EqualTo(new[] { "10.0.0.2:8081", "10.0.0.3:8081" }));
        Assert.That(await first.LookupAsync(Alice), Is.EqualTo(new[] { "10.0.0.2:8081", "10.0.0.3:8081" }));

        await first.Routes.RemoveAsync(Alice, default);

        Assert.That(await dispatch.LookupAsync(Alice), Is.EqualTo(new[] { "10.0.0.3:8081" }));
        Assert.That(await server.CommandAsync("HGETALL", "pn:route:user:alice"), Is.EqualTo(new[] { second.Node.Incarnation, "10.0.0.3:8081" }));
        Assert.That(int.Parse((await server.CommandAsync("TTL", "pn:route:user:alice"))[0]), Is.InRange(590, 600));
    }

    [Test]
    public async Task Batch_IsGroupedByNode_InOrder_AndTellsTheReports()
    {
        await using RedisMember dispatch = await RedisMember.StartAsync(server, "10.0.0.1:8081", Roles.Dispatch | Roles.Push);
        await using RedisMember push = await RedisMember.StartAsync(server, "10.0.0.2:8081");
        await dispatch.Routes.AddAsync(News, default);
        await push.Routes.AddAsync(News, default);
        await push.Routes.AddAsync(Alice, default);
        var report = new DeliveryReport(4);
        Message[] batch = [Message(Alice, 1, report), Message(News, 1, report), Message(Channel.User("nobody"), 1, report), Message(Alice, 2, report)];
        var routed = new RoutedBatch();

        await dispatch.Routes.LookupAsync(batch, routed, default);

        Assert.That(routed.ByNode["10.0.0.1:8081"], Is.EqualTo(new[] { batch[1] }));
        Assert.That(routed.ByNode["10.0.0.2:8081"], Is.EqualTo(new[] { batch[0], batch[1], batch[3] }));
        Assert.That(report.Completed.IsCompleted, Is.False);
        for (int delivered = 0; delivered < 4; delivered++)
            report.Add(1);
        Assert.That(report.Completed.IsCompleted, Is.True);
    }

    [Test]
    public async Task Lookup_OfAThousandUsers_IsOneRoundTrip()
    {
        await using RedisMember dispatch = await RedisMember.StartAsync(server, "10.0.0.1:8081", Roles.Dispatch);
        Message[] batch = [.. Enumerable.Range(0, 2000).Select(i => Message(Channel.User($"u{i % 1000}"), i + 1))];
        await dispatch.Routes.LookupAsync(batch, new RoutedBatch(), default);
        long reads = await server.CountCommandsAsync("hgetall");
        await using var network = new TestLink(server.Port);
        await using RedisMember far = RedisMember.Prepare($"127.0.0.1:{network.Port}", "10.0.0.2:8081", Roles.Dispatch, timeout: TimeSpan.FromSeconds(10));
        await far.StartAsync();
        network.Delay = TimeSpan.FromMilliseconds(100);

        TimeSpan took = await Elapsed.OfAsync(() => far.Routes.LookupAsync(batch, new RoutedBatch(), default).AsTask());

        Assert.That(reads, Is.EqualTo(1000), "each channel is asked for once");
        Assert.That(await server.CountCommandsAsync("hgetall"), Is.EqualTo(2000));
        Assert.That(took, Is.InRange(TimeSpan.FromMilliseconds(95), TimeSpan.FromMilliseconds(900)), "not one after the other");
    }

    [Test]
    public async Task FormerIncarnations_AreSkipped_AndTakenAwayByTheirOwnNode()
    {
        await using RedisMember dispatch = await RedisMember.StartAsync(server, "10.0.0.1:8081", Roles.Dispatch);
        await using (RedisMember killed = await RedisMember.StartAsync(server, "10.0.0.2:8081"))
            await killed.Routes.AddAsync(Alice, default);
        await using RedisMember again = await RedisMember.StartAsync(server, "10.0.0.2:8081");
        await using RedisMember other = await RedisMember.StartAsync(server, "10.0.0.3:8081");
        await server.CommandAsync("HSET", "pn:route:user:alice", "0123456789ab", "10.9.9.9:1");

        Assert.That(await dispatch.LookupAsync(Alice), Is.Empty);

        await other.Routes.AddAsync(Alice, default);
        Assert.That(await server.CommandAsync("HLEN", "pn:route:user:alice"), Is.EqualTo(new[] { "3" }), "another node's fields are not touched");
        await again.Routes.AddAsync(Alice, default);
        Assert.That(await server.CommandAsync("HKEYS", "pn:route:user:alice"), Is.EquivalentTo(new[] { again.Node.Incarnation, other.Node.Incarnation, "0123456789ab" }));
        Assert.That(await dispatch.LookupAsync(Alice), Is.EqualTo(new[] { "10.0.0.2:8081", "10.0.0.3:8081" }));
    }

    [Test]
    public async Task NodeThatHasJustCome_IsAskedFor_BeforeItsRouteIsSkipped()
    {
        await using RedisMember dispatch = await RedisMember.StartAsync(server, "10.0.0.1:8081", Roles.Dispatch);
        await dispatch.Pulse.StopAsync(default);
        // Taken out of Redis by that, and no longer reading it: what it learns now, it has asked for.
        await using RedisMember push = await RedisMember.StartAsync(server, "10.0.0.2:8081");
        await push.Routes.AddAsync(Alice, default);
        await push.Routes.AddAsync(News, default);

        string[][] found = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => dispatch.LookupAsync(i % 2 == 0 ? Alice : News)));

        Assert.That(found, Is.All.EqualTo(new[] { "10.0.0.2:8081" }));
        Assert.That(dispatch.Directory.Find("10.0.0.2:8081")!.Incarnation, Is.EqualTo(push.Node.Incarnation));
    }

    [Test]
    public async Task NodeThatIsNotThere_IsAskedForOnce()
    {
        await using RedisMember dispatch = await RedisMember.StartAsync(server, "10.0.0.1:8081", Roles.Dispatch);
        await dispatch.Pulse.StopAsync(default);
        await server.CommandAsync("HSET", "pn:route:user:alice", "0123456789ab", "10.9.9.9:1");
        long reads = await server.CountCommandsAsync("get");

        for (int i = 0; i < 10; i++)
            Assert.That(await dispatch.LookupAsync(Alice), Is.Empty);

        Assert.That(await server.CountCommandsAsync("get") - reads, Is.EqualTo(1));
    }

    [Test]
    public async Task RedisAway_SendsToEveryPushNodeKnown_AndJoinsGoOn()
    {
        await using RedisMember node = await RedisMember.StartAsync(server, "10.0.0.1:8081", Roles.Dispatch | Roles.Push);
        await using RedisMember push = await RedisMember.StartAsync(server, "10.0.0.2:8081");
        await using RedisMember auth = await RedisMember.StartAsync(server, "10.0.0.3:8081", Roles.Auth);
        await node.KnowsAsync("10.0.0.2:8081", "10.0.0.3:8081");

        await server.KillAsync();
        await Eventually.BecomesTrueAsync(() => !node.Routes.IsReachable, "Redis is noticed to be away");

        Assert.That(await node.LookupAsync(Alice), Is.EqualTo(new[] { "10.0.0.1:8081", "10.0.0.2:8081" }));
        Assert.That(await node.Routes.AddAsync(Alice, default), Is.Zero);
        Assert.That(async () => await node.Routes.RemoveAsync(Alice, default), Throws.Nothing);
        var routed = new RoutedBatch();
        await node.Routes.LookupAsync([Message(Alice, 1)], routed, default);
        Assert.That(routed.ByNode.Keys, Is.EquivalentTo(new[] { "10.0.0.1:8081", "10.0.0.2:8081" }));
    }

    [Test]
    public async Task OneChannel_IsLookedForAtEveryNode_UntilRoutesAreThereAgain([Values] bool isBack)
    {
        // For that long after its return not everything is written again.
        TimeSpan lifetime = TimeSpan.FromSeconds(30);
        await using RedisMember dispatch = RedisMember.Prepare(server.Address, "10.0.0.1:8081", Roles.Dispatch, lifetime: lifetime);
        await using RedisMember push = RedisMember.Prepare(server.Address, "10.0.0.2:8081", lifetime: lifetime);
        await dispatch.StartAsync();
        await push.StartAsync();
        await dispatch.KnowsAsync("10.0.0.2:8081");
        Holders before = await dispatch.Routes.LookupAsync(Alice, default);

        await server.KillAsync();
        await Eventually.BecomesTrueAsync(() => !dispatch.Routes.IsReachable, "Redis is noticed to be away");
        if (isBack)
        {
            await server.StartAsync();
            await Eventually.BecomesTrueAsync(() => dispatch.Routes.IsReachable, "Redis is back");
        }

        Holders after = await dispatch.Routes.LookupAsync(Alice, default);
        Assert.That((before.Addresses.Count, before.AreAll), Is.EqualTo((0, true)));
        Assert.That((after.Addresses.Single(), after.AreAll), Is.EqualTo(("10.0.0.2:8081", isBack)));
    }

    [Test]
    public async Task KeyOfAnotherType_GoesToEveryPushNode_AndTheOthersAsRouted()
    {
        await using RedisMember dispatch = await RedisMember.StartAsync(server, "10.0.0.1:8081", Roles.Dispatch);
        await using RedisMember first = await RedisMember.StartAsync(server, "10.0.0.2:8081");
        await using RedisMember second = await RedisMember.StartAsync(server, "10.0.0.3:8081");
        await dispatch.KnowsAsync("10.0.0.2:8081", "10.0.0.3:8081");
        await first.Routes.AddAsync(News, default);
        await server.CommandAsync("SET", "pn:route:user:alice", "mine");
        var routed = new RoutedBatch();

        Assert.That(await first.Routes.AddAsync(Alice, default), Is.Zero);
        for (int i = 0; i < 3; i++)
        {
            routed.Clear();
            await dispatch.Routes.LookupAsync([Message(Alice, 1), Message(News, 1)], routed, default);
        }

        Assert.That(routed.ByNode["10.0.0.2:8081"], Has.Count.EqualTo(2));
        Assert.That(routed.ByNode["10.0.0.3:8081"], Has.Count.EqualTo(1));
        Assert.That(dispatch.Routes.IsReachable, Is.True);
        Assert.That(dispatch.Logs.At(LogLevel.Warning), Has.Exactly(1).Contains("pn:route:user:alice").And.Exactly(1).Contains("WRONGTYPE"));
        Assert.That(first.Logs.At(LogLevel.Warning), Has.Exactly(1).Contains("pn:route:user:alice"));
    }

    private static Message Message(Channel channel, long seq, DeliveryReport? report = null)
    {
        var message = new Message(channel, $"m{seq}", 1, long.MaxValue, null, "{}"u8) { Report = report };
        message.Accept(seq);
        return message;
    }
}
