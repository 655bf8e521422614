using Microsoft.Extensions.Logging;
using PushNode.Cluster;
using PushNode.Cluster.Redis;
using PushNode.Messages;
using PushNode.Settings;
using PushNode.Tests.Support;

namespace PushNode.Tests.Cluster;

/// <summary>A Redis Cluster of several masters, of which the nodes are given one address.</summary>
internal sealed class RedisClusterTests
{
    private const string First = "10.0.0.1:8081";
    private const string Second = "10.0.0.2:8081";
    private const string Third = "10.0.0.3:8081";

    private static readonly Channel[] Users = [.. Enumerable.Range(0, 600).Select(static i => Channel.User($"u{i}"))];

    [Test]
    public async Task Nodes_KnowEachOther_AndRoutesOfManyUsers_AreFoundInOneGo()
    {
        await using RedisShards redis = await RedisShards.StartAsync();
        await using RedisMember dispatch = await RedisMember.StartAsync(redis.Masters[0], First, Roles.Dispatch);
        await using RedisMember even = await RedisMember.StartAsync(redis.Masters[1], Second);
        await using RedisMember odd = await RedisMember.StartAsync(redis.Masters[2], Third);
        await dispatch.KnowsAsync(Second, Third);
        await odd.KnowsAsync(First, Second);
        await AddAsync(even, Users.Where(static (_, i) => i % 2 == 0));
        await AddAsync(odd, Users.Where(static (_, i) => i % 2 == 1));
        long[] before = await redis.CountCommandsAsync("hgetall");
        var routed = new RoutedBatch();

        await dispatch.Routes.LookupAsync([.. Users.Select(static c => Stored(c, 1))], routed, default);

        Assert.That(routed.ByNode[Second].Select(static m => m.Channel), Is.EqualTo(Users.Where(static (_, i) => i % 2 == 0)));
        Assert.That(routed.ByNode[Third].Select(static m => m.Channel), Is.EqualTo(Users.Where(static (_, i) => i % 2 == 1)));
        long[] asked = [.. (await redis.CountCommandsAsync("hgetall")).Zip(before, static (now, then) => now - then)];
        Assert.That(asked.Sum(), Is.EqualTo(Users.Length), "each channel is asked for once");
        Assert.That(asked, Is.All.GreaterThan(Users.Length / 6), "at the master that has it");
        Assert.That(await dispatch.Nodes.ListAsync(default), Has.Count.EqualTo(3));
        foreach (Channel channel in Users.Take(50))
            await even.Routes.RemoveAsync(channel, default);
        Assert.That(await dispatch.LookupAsync(Users[0]), Is.Empty);
        Assert.That(await dispatch.LookupAsync(Users[1]), Is.EqualTo(new[] { Third }));

        await even.Pulse.StopAsync(default);
        await dispatch.KnowsAsync(Third);
        foreach (RedisMember member in (RedisMember[])[dispatch, even, odd])
            Assert.That(member.Logs.At(LogLevel.Warning).Concat(member.Logs.At(LogLevel.Error)), Is.Empty);
    }

    [Test]
    public async Task HeadsAndRevocations_AndTheClaim_AreKeptInEverySlot()
    {
        await using RedisShards redis = await RedisShards.StartAsync();
        await using RedisMember node = await RedisMember.StartAsync(redis.Masters[1], First);
        await using RedisMember other = await RedisMember.StartAsync(redis.Masters[2], Second);
        RedisHeads heads = Heads(node);
        var written = new RedisRevocationCopy(node.Link, node.Keys, node.Time, node.Logs.CreateLogger<RedisRevocationCopy>());
        var read = new RedisRevocationCopy(other.Link, other.Keys, other.Time, other.Logs.CreateLogger<RedisRevocationCopy>());
        var mine = new SharedClaim(node.Link, node.Keys, node.Options);
        var theirs = new SharedClaim(other.Link, other.Keys, other.Options);
        var claim = new StoreClaimRecord(First, node.Node.Incarnation, "epoch-1", 1, 1);

        await heads.RaiseAsync([.. Users.Select(static (c, i) => Stored(c, i + 1))], "epoch-1", default);
        await heads.RaiseAsync([Stored(Users[9], 3), Stored(Users[10], 1000)], "epoch-1", default);
        Assert.That(await Heads(other).ReadAsync([.. Users, Channel.All], default), Is.EqualTo(Users.Select(static (_, i) => i == 10 ? 1000L : i + 1).Append(0)));
        for (int i = 0; i < 20; i++)
        {
            await written.PutAsync($"u{i}", 100 + i, default);
            await written.PutAsync($"u{i}", 50, default);
            Assert.That(await read.FindAsync($"u{i}", default), Is.EqualTo(100 + i));
        }

        Assert.That(await mine.MakeAsync(claim, null, default), Is.True);
        await mine.RememberAsync(claim, default);
        Assert.That(await theirs.MakeAsync(claim with { Address = Second }, null, default), Is.False);
        Assert.That((await theirs.FindAsync(default), await theirs.FindLastAsync(default)), Is.EqualTo((claim, claim)));
        await theirs.EndAsync(Second, default);
        Assert.That(await theirs.FindAsync(default), Is.EqualTo(claim));
        await mine.EndAsync(First, default);
        Assert.That(await theirs.FindAsync(default), Is.Null);
        Assert.That(node.Logs.At(LogLevel.Warning).Concat(other.Logs.At(LogLevel.Warning)), Is.Empty);
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task MasterThatDies_WithoutAReplica_IsToldOf_AndAllIsRegularWhenItIsBack([Values(0, 1, 2)] int which, CancellationToken cancellationToken)
    {
        await using RedisShards redis = await RedisShards.StartAsync();
        await using RedisMember dispatch = await RedisMember.StartAsync(redis.Masters[0], First, Roles.Dispatch);
        await using RedisMember push = await RedisMember.StartAsync(redis.Masters[0], Second);
        await dispatch.KnowsAsync(Second);
        await AddAsync(push, Users);
        long generation = push.Link.Generation;

        await redis.Masters[which].KillAsync();
        await Eventually.BecomesTrueAsync(
            async () =>
            {
                var routed = new RoutedBatch();
                await dispatch.Routes.LookupAsync([.. Users.Select(static c => Stored(c, 1))], routed, cancellationToken);
                await push.Routes.AddAsync(Users[Random.Shared.Next(Users.Length)], cancellationToken);
                Assert.That(routed.ByNode[Second], Has.Count.EqualTo(Users.Length), "what cannot be found out goes to every push node");
                return Told(dispatch, "Redis Cluster") && Told(push, "Redis Cluster");
            },
            "both say that the cluster is not whole");
        await redis.Masters[which].StartAsync();
        await Eventually.BecomesTrueAsync(() => dispatch.Link.IsReachable && push.Link.IsReachable, "the link is back");

        Assert.That(push.Link.Generation, Is.GreaterThan(generation), "the routes are to be written again");
        // The other masters take it back a moment after it answers.
        await Eventually.BecomesTrueAsync(() => CanAllAsync(push, cancellationToken), "routes are written again");
        foreach (Channel channel in Users)
            Assert.That(await dispatch.LookupAsync(channel), Is.EqualTo(new[] { Second }));
        await dispatch.KnowsAsync(Second);
        Assert.That(dispatch.Link.IsReachable && push.Link.IsReachable, Is.True);
        Assert.That(dispatch.Logs.At(LogLevel.Error).Concat(push.Logs.At(LogLevel.Error)), Is.Empty);
    }

    [Test]
    [CancelAfter(120_000)]
    public async Task MasterThatDies_IsFollowedByItsReplica(CancellationToken cancellationToken)
    {
        await using RedisShards redis = await RedisShards.StartAsync(replica: true);
        await using RedisMember dispatch = await RedisMember.StartAsync(redis.Masters[0], First, Roles.Dispatch);
        await using RedisMember push = await RedisMember.StartAsync(redis.Masters[0], Second);
        await dispatch.KnowsAsync(Second);
        await AddAsync(push, Users);
        long generation = push.Link.Generation;

        await redis.Masters[0].KillAsync();
        await Eventually.BecomesTrueAsync(async () => (await redis.Replica.CommandAsync("ROLE"))[0] == "master", "the replica takes its place");
        await Eventually.BecomesTrueAsync(() => CanAllAsync(push, cancellationToken), "routes are written again");

        Assert.That(push.Link.Generation, Is.GreaterThan(generation));
        await Eventually.BecomesTrueAsync(() => dispatch.Link.IsReachable, "the link is back");
        await dispatch.KnowsAsync(Second);
        foreach (Channel channel in Users)
            Assert.That(await dispatch.LookupAsync(channel), Is.EqualTo(new[] { Second }));
        await redis.Masters[0].StartAsync();
        await Eventually.BecomesTrueAsync(async () => (await redis.Masters[0].CommandAsync("ROLE"))[0] == "slave", "it comes back as a replica");
        Assert.That(await CanAllAsync(push, cancellationToken), Is.True);
        Assert.That(dispatch.Logs.At(LogLevel.Error).Concat(push.Logs.At(LogLevel.Error)), Is.Empty);
    }

    [Test]
    public async Task DatabaseNumber_WhichARedisClusterHasNot_IsExplained()
    {
        await using RedisShards redis = await RedisShards.StartAsync();
        await using RedisMember node = RedisMember.Prepare($"{redis.Masters[0].Address},defaultDatabase=1", First);

        await node.Pulse.StartAsync(default);
        await Eventually.BecomesTrueAsync(() => Told(node, "it is a Redis Cluster, which has no databases"), "it says why it cannot use Redis");

        Assert.That(node.Link.IsReachable, Is.False);
    }

    private static bool Told(RedisMember member, string what) => member.Logs.At(LogLevel.Warning).Any(l => l.Contains(what, StringComparison.Ordinal));

    private static async Task AddAsync(RedisMember member, IEnumerable<Channel> channels) =>
        Assert.That(await Task.WhenAll(channels.Select(async c => await member.Routes.AddAsync(c, default))), Is.All.GreaterThan(0));

    private static async Task<bool> CanAllAsync(RedisMember member, CancellationToken cancellationToken) =>
        (await Task.WhenAll(Users.Select(async c => await member.Routes.AddAsync(c, cancellationToken)))).All(static g => g > 0);

    private static RedisHeads Heads(RedisMember member) => new(
        new RedisHeadHints(member.Link, member.Keys, member.Time, member.Logs.CreateLogger<RedisHeadHints>()),
        member.Link,
        member.Keys,
        new HeadStore("epoch-1", 77),
        member.Time,
        member.Logs.CreateLogger<RedisHeads>());

    private static Message Stored(Channel channel, long seq)
    {
        var message = new Message(channel, $"m{seq}", TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), long.MaxValue, null, "{}"u8);
        message.Accept(seq);
        return message;
    }
}
