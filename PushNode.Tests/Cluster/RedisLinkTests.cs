using Microsoft.Extensions.Logging;
using PushNode.Messages;
using PushNode.Tests.Support;

namespace PushNode.Tests.Cluster;

internal sealed class RedisLinkTests
{
    private static readonly Channel Alice = Channel.User("alice");

    [Test]
    public async Task Start_WithoutRedis_GoesOn_AndSaysOnceWhy()
    {
        await using var server = RedisServer.Prepare();
        await using RedisMember member = RedisMember.Prepare(server.Address, "10.0.0.1:8081");

        await member.Pulse.StartAsync(default);
        await Eventually.BecomesTrueAsync(() => member.Logs.At(LogLevel.Warning).Count > 0, "it says that Redis is away");
        Assert.That(member.Link.IsReachable, Is.False);
        Assert.That(member.Link.WasReached, Is.False);
        Assert.That(await member.Routes.AddAsync(Alice, default), Is.Zero);
        await server.StartAsync();
        await Eventually.BecomesTrueAsync(() => member.Link.IsReachable, "it reaches Redis");

        Assert.That(member.Logs.At(LogLevel.Warning), Has.Exactly(1).Contains("Connection refused"));
        Assert.That(member.Logs.At(LogLevel.Information), Has.Exactly(1).Contains($"reached at {server.Address}"));
    }

    [Test]
    public async Task Redis_KilledAndRestartedEmpty_RaisesTheGeneration_AndHasTheNodesAgain()
    {
        await using RedisServer server = await RedisServer.StartAsync();
        TimeSpan lifetime = TimeSpan.FromSeconds(8);
        await using RedisMember first = RedisMember.Prepare(server.Address, "10.0.0.1:8081", lifetime: lifetime);
        await using RedisMember second = RedisMember.Prepare(server.Address, "10.0.0.2:8081", lifetime: lifetime);
        await first.StartAsync();
        await second.StartAsync();
        await first.KnowsAsync("10.0.0.2:8081");
        await second.KnowsAsync("10.0.0.1:8081");
        int changes = 0;
        first.Directory.OnChanged(() => changes++);
        long generation = await first.Routes.AddAsync(Alice, default);
        string incarnation = first.Node.Incarnation;

        await server.RestartAsync();
        await Eventually.BecomesTrueAsync(() => first.Link.IsReachable && first.Link.Generation > generation, "the link is back");
        await Eventually.BecomesTrueAsync(async () => (await server.CommandAsync("SMEMBERS", "pn:nodes")).Length == 2, "both nodes have written themselves down");
        await Eventually.BecomesTrueAsync(() => !first.Link.IsReturning, "the time of grace is over");

        Assert.That(await server.CommandAsync("GET", "pn:node:10.0.0.1:8081"), Has.Exactly(1).Contains(incarnation), "its heartbeat had not lapsed");
        Assert.That(changes, Is.Zero, "nobody was given up");
        Assert.That(await first.Routes.AddAsync(Alice, default), Is.GreaterThan(generation));
        Assert.That(first.Logs.At(LogLevel.Warning), Has.Exactly(1).Contains("cannot be used"));
        Assert.That(first.Logs.At(LogLevel.Information), Has.Exactly(1).Contains("can be used again"));
    }

    [Test]
    public async Task Redis_Paused_HasCallsFailAtOnce_UntilItIsBack()
    {
        await using RedisServer server = await RedisServer.StartAsync();
        await using RedisMember member = RedisMember.Prepare(server.Address, "10.0.0.1:8081", timeout: TimeSpan.FromMilliseconds(300));
        await member.StartAsync();
        long generation = member.Link.Generation;

        server.Pause();
        TimeSpan took = await Elapsed.OfAsync(async () =>
        {
            for (int i = 0; i < 1000; i++)
                Assert.That(await member.Routes.AddAsync(Alice, default), Is.Zero);
        });
        Assert.That(member.Link.IsReachable, Is.False);
        Assert.That(took, Is.LessThan(TimeSpan.FromSeconds(2)), "the first one waits, the others do not");
        await Eventually.BecomesTrueAsync(() => member.Logs.At(LogLevel.Warning).Count > 0, "it says that Redis is away");
        server.Continue();
        await Eventually.BecomesTrueAsync(() => member.Link.IsReachable, "the link is back");

        Assert.That(member.Link.Generation, Is.GreaterThan(generation));
        Assert.That(member.Logs.At(LogLevel.Warning), Has.Some.Contains("did not answer within 0.3 s"));
    }

    [Test]
    public async Task Network_ThatGoesSilent_IsNoticed_AndReplacedByANewConnection()
    {
        await using RedisServer server = await RedisServer.StartAsync();
        await using var network = new TestLink(server.Port);
        await using RedisMember member = RedisMember.Prepare($"127.0.0.1:{network.Port}", "10.0.0.1:8081", timeout: TimeSpan.FromMilliseconds(500));
        await member.StartAsync();

        network.Forget();
        await Eventually.BecomesTrueAsync(() => !member.Link.IsReachable, "the silence is noticed");
        await Eventually.BecomesTrueAsync(() => member.Link.IsReachable, "a new connection is made");

        Assert.That(await member.Routes.AddAsync(Alice, default), Is.GreaterThan(0));
    }

    [Test]
    public async Task Redis_ThatForgetsWithoutACut_IsFoundOut()
    {
        await using RedisServer server = await RedisServer.StartAsync();
        await using RedisMember member = await RedisMember.StartAsync(server, "10.0.0.1:8081");
        long generation = await member.Routes.AddAsync(Alice, default);

        await server.CommandAsync("FLUSHALL");
        await Eventually.BecomesTrueAsync(() => member.Link.Generation > generation, "the generation rises");

        await Eventually.BecomesTrueAsync(async () => (await server.CommandAsync("GET", "pn:node:10.0.0.1:8081")).Length == 1, "the node has written itself down");
        Assert.That(member.Logs.At(LogLevel.Warning), Has.Exactly(1).Contains("has lost what was in it"));
        Assert.That(member.Link.IsReachable, Is.True);
    }

    [TestCase("", "asks for a password")]
    [TestCase(",password=a-wrong-one", "does not accept the password of Redis:Connection (WRONGPASS)")]
    public async Task Redis_WithAPassword_IsExplained_AndNoPasswordIsLogged(string given, string why)
    {
        await using RedisServer server = await RedisServer.StartWithPasswordAsync("the-right-one");
        await using RedisMember member = RedisMember.Prepare(server.Address + given, "10.0.0.1:8081");
        await using RedisMember right = RedisMember.Prepare($"{server.Address},password=the-right-one", "10.0.0.2:8081");

        await member.Pulse.StartAsync(default);
        await right.StartAsync();
        await Eventually.BecomesTrueAsync(() => member.Logs.At(LogLevel.Warning).Count > 0, "it says why it cannot use Redis");

        Assert.That(member.Logs.At(LogLevel.Warning), Has.Exactly(1).Contains(why));
        Assert.That(member.Link.IsReachable, Is.False);
        foreach (LogLevel level in Enum.GetValues<LogLevel>())
            Assert.That(member.Logs.At(level).Concat(right.Logs.At(level)), Has.None.Contains("-one"));
    }

    [Test]
    public async Task Redis_WithoutThePasswordThatIsGiven_IsUsed()
    {
        await using RedisServer server = await RedisServer.StartAsync();
        await using RedisMember member = RedisMember.Prepare($"{server.Address},password=one", "10.0.0.1:8081");

        await member.StartAsync();

        Assert.That(await member.Routes.AddAsync(Alice, default), Is.GreaterThan(0));
    }

    [Test]
    public async Task Redis_ThatIsAReadOnlyReplica_IsExplained_AndUsedWhenItIsTheMaster()
    {
        await using RedisServer server = await RedisServer.StartAsync("--replicaof", "127.0.0.1", "1");
        await using RedisMember member = RedisMember.Prepare(server.Address, "10.0.0.1:8081");

        await member.Pulse.StartAsync(default);
        await Eventually.BecomesTrueAsync(() => member.Logs.At(LogLevel.Warning).Count > 0, "it says why it cannot use Redis");
        Assert.That(member.Logs.At(LogLevel.Warning), Has.Exactly(1).Contains("read-only replica"));
        await server.CommandAsync("REPLICAOF", "NO", "ONE");

        await Eventually.BecomesTrueAsync(() => member.Link.IsReachable, "the new master is used");
    }

    [Test]
    public async Task Master_ThatBecomesAReplica_IsExplained()
    {
        await using RedisServer server = await RedisServer.StartAsync();
        await using RedisMember member = await RedisMember.StartAsync(server, "10.0.0.1:8081");

        await server.CommandAsync("REPLICAOF", "127.0.0.1", "1");
        await Eventually.BecomesTrueAsync(() => member.Logs.At(LogLevel.Warning).Count > 0, "it says why it cannot use Redis");

        Assert.That(member.Logs.At(LogLevel.Warning), Has.Exactly(1).Contains("READONLY"));
        Assert.That(await member.Routes.AddAsync(Alice, default), Is.Zero);
    }

    [Test]
    public async Task Redis_OutOfMemory_CountsAsAway()
    {
        await using RedisServer server = await RedisServer.StartAsync();
        await using RedisMember member = await RedisMember.StartAsync(server, "10.0.0.1:8081");

        await server.CommandAsync("CONFIG", "SET", "maxmemory", "1");
        await Eventually.BecomesTrueAsync(() => member.Logs.At(LogLevel.Warning).Count > 0, "it says why it cannot use Redis");
        Assert.That(member.Logs.At(LogLevel.Warning), Has.Exactly(1).Contains("memory (OOM)"));
        Assert.That(member.Link.IsReachable, Is.False);
        await server.CommandAsync("CONFIG", "SET", "maxmemory", "0");

        await Eventually.BecomesTrueAsync(() => member.Link.IsReachable, "it takes writes again");
    }

    [Test]
    public async Task Redis_WithASetOfNodesThatIsNone_IsExplained_AndUsedWhenItIsGone()
    {
        await using RedisServer server = await RedisServer.StartAsync();
        await server.CommandAsync("SET", "pn:nodes", "mine");
        await using RedisMember member = RedisMember.Prepare(server.Address, "10.0.0.1:8081");

        await member.Pulse.StartAsync(default);
        await Eventually.BecomesTrueAsync(() => member.Logs.At(LogLevel.Warning).Count > 0, "it says why it cannot use Redis");
        Assert.That(member.Logs.At(LogLevel.Warning), Has.Exactly(1).Contains("pn:nodes (WRONGTYPE"));
        await server.CommandAsync("DEL", "pn:nodes");

        await Eventually.BecomesTrueAsync(() => member.Link.IsReachable, "it is used");
    }

    [Test]
    public async Task Somebody_WhoIsNotRedis_IsExplained()
    {
        await using var link = new TestLink(target: 1) { State = LinkState.Silent };
        await using RedisMember member = RedisMember.Prepare($"127.0.0.1:{link.Port}", "10.0.0.1:8081", timeout: TimeSpan.FromMilliseconds(200));

        await member.Pulse.StartAsync(default);
        await Eventually.BecomesTrueAsync(() => member.Logs.At(LogLevel.Warning).Count > 0, "it says why it cannot use Redis");

        Assert.That(member.Logs.At(LogLevel.Warning)[0], Does.Contain("takes a connection"));
    }

    [Test]
    public async Task Database_AndPrefix_AreThoseOfTheSettings()
    {
        await using RedisServer server = await RedisServer.StartAsync();
        await using RedisMember member = RedisMember.Prepare($"redis://{server.Address}/3", "10.0.0.1:8081", prefix: "mine:");
        await member.StartAsync();
        await member.Routes.AddAsync(Alice, default);

        Assert.That(await server.CommandAsync("-n", "3", "KEYS", "*"), Is.EquivalentTo(new[] { "mine:nodes", "mine:node:10.0.0.1:8081", "mine:route:user:alice" }));
        Assert.That(await server.CommandAsync("-n", "0", "DBSIZE"), Is.EqualTo(new[] { "0" }));
    }
}
