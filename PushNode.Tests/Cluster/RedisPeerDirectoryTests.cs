using System.Text.Json;
using Microsoft.Extensions.Logging;
using PushNode.Diagnostics;
using PushNode.Messages;
using PushNode.Peers;
using PushNode.Settings;
using PushNode.Tests.Support;

namespace PushNode.Tests.Cluster;

internal sealed class RedisPeerDirectoryTests
{
    private const string First = "10.0.0.1:8081";
    private const string Second = "10.0.0.2:8081";

    private RedisServer server = null!;

    [SetUp]
    public async Task StartAsync() => server = await RedisServer.StartAsync();

    [TearDown]
    public ValueTask StopAsync() => server.DisposeAsync();

    [Test]
    public async Task Nodes_KnowEachOther_AndWhatTheyAre()
    {
        await using RedisMember first = await RedisMember.StartAsync(server, First, Roles.Collect | Roles.Dispatch);
        await using RedisMember second = await RedisMember.StartAsync(server, Second, Roles.Push);
        second.Connections = 7;
        await first.KnowsAsync(Second);
        await second.KnowsAsync(First);
        await Eventually.BecomesTrueAsync(() => first.Directory.Find(Second)!.Connections == 7, "the count is told");

        Assert.That(first.Directory.Find(Second), Is.EqualTo(new Peer(Second, second.Node.Incarnation, Roles.Push, ProgramVersion.Text, 7, Stores: false, IsDraining: false)));
        Assert.That(first.Directory.Find(First), Is.Null);
        Assert.That(second.Directory.Find(First)!.Roles, Is.EqualTo(Roles.Collect | Roles.Dispatch));
        using JsonDocument record = JsonDocument.Parse((await server.CommandAsync("GET", $"pn:node:{Second}"))[0]);
        Assert.That(record.RootElement.EnumerateObject().Select(static p => p.Name), Is.SupersetOf(
            new[] { "incarnation", "roles", "version", "protocol", "connections", "stores", "draining", "started" }));
    }

    [Test]
    public async Task Changes_AreTold_ButNotCounts()
    {
        await using RedisMember first = await RedisMember.StartAsync(server, First);
        await using RedisMember second = await RedisMember.StartAsync(server, Second);
        await first.KnowsAsync(Second);
        int changes = 0;
        first.Directory.OnChanged(() => Interlocked.Increment(ref changes));

        second.Connections = 3;
        await Eventually.BecomesTrueAsync(() => first.Directory.Find(Second)!.Connections == 3, "the count is told");
        Assert.That(changes, Is.Zero);
        second.Node.Drain();
        await Eventually.BecomesTrueAsync(() => first.Directory.Find(Second)!.IsDraining, "draining is told");

        Assert.That(changes, Is.EqualTo(1));
    }

    [Test]
    public async Task Node_ThatStops_IsGoneAtOnce_AndOneThatIsKilled_AfterItsLifetime()
    {
        await using RedisMember first = await RedisMember.StartAsync(server, First);
        await using (RedisMember killed = await RedisMember.StartAsync(server, Second))
        await using (RedisMember stopped = await RedisMember.StartAsync(server, "10.0.0.3:8081"))
        {
            await first.KnowsAsync(Second, "10.0.0.3:8081");
            await stopped.Pulse.StopAsync(default);
            await first.KnowsAsync(Second);
            Assert.That(await server.CommandAsync("SMEMBERS", "pn:nodes"), Is.EquivalentTo(new[] { First, Second }));
        }

        await first.KnowsAsync();
        Assert.That(first.Logs.At(LogLevel.Information), Has.Exactly(1).Contains($"Node {Second} is gone"));
    }

    [Test]
    public async Task Outage_FreezesTheNodes_AndOneThatIsMissingAfterwards_IsGivenItsLifetime()
    {
        var time = new ShiftedTime();
        await using RedisMember first = await RedisMember.StartAsync(server, First, time: time);
        await using (RedisMember second = await RedisMember.StartAsync(server, Second))
        {
            await first.KnowsAsync(Second);
            await server.KillAsync();
            await Eventually.BecomesTrueAsync(() => !first.Link.IsReachable, "the outage is noticed");
        }

        time.Advance(TimeSpan.FromMinutes(1));
        Assert.That(first.Directory.Peers, Has.Count.EqualTo(1), "nothing is known of anybody while Redis is away");
        await server.StartAsync();
        await Eventually.BecomesTrueAsync(() => first.Link.IsReachable, "Redis is back");
        TimeSpan kept = await Elapsed.OfAsync(() => first.KnowsAsync());

        Assert.That(kept, Is.GreaterThan(first.Options.NodeLifetime - TimeSpan.FromSeconds(0.5)));
    }

    [Test]
    public async Task LapsedHeartbeat_MakesANewIncarnation_AndRoutesVoid()
    {
        var time = new ShiftedTime();
        await using RedisMember dispatch = await RedisMember.StartAsync(server, First, Roles.Dispatch);
        await using RedisMember push = await RedisMember.StartAsync(server, Second, time: time);
        long generation = await push.Routes.AddAsync(Channel.All, default);
        string former = push.Node.Incarnation;
        Assert.That(await dispatch.LookupAsync(Channel.All), Is.EqualTo(new[] { Second }));

        time.Advance(push.Options.NodeLifetime + TimeSpan.FromSeconds(1));
        await Eventually.BecomesTrueAsync(() => push.Link.Generation > generation, "the generation rises");
        Assert.That(push.Node.Incarnation, Is.Not.EqualTo(former));
        await Eventually.BecomesTrueAsync(async () => (await dispatch.LookupAsync(Channel.All)).Length == 0, "the route of the former incarnation is void");
        await push.Routes.AddAsync(Channel.All, default);

        Assert.That(await dispatch.LookupAsync(Channel.All), Is.EqualTo(new[] { Second }));
        Assert.That(await server.CommandAsync("HKEYS", "pn:route:all"), Is.EqualTo(new[] { push.Node.Incarnation }));
        Assert.That(push.Logs.At(LogLevel.Warning), Has.Exactly(1).Contains(former));
    }

    [Test]
    public async Task LapsedHeartbeat_WhileRedisWasAway_MakesANewIncarnation_AtTheFirstContact()
    {
        var time = new ShiftedTime();
        await using RedisMember node = await RedisMember.StartAsync(server, First, time: time);
        string former = node.Node.Incarnation;
        await server.KillAsync();
        await Eventually.BecomesTrueAsync(() => !node.Link.IsReachable, "the outage is noticed");

        time.Advance(node.Options.NodeLifetime + TimeSpan.FromSeconds(1));
        Assert.That(node.Node.Incarnation, Is.EqualTo(former), "the others know it by that, and cannot be told another");
        await server.StartAsync();
        await Eventually.BecomesTrueAsync(() => node.Link.IsReachable, "Redis is back");

        Assert.That(node.Node.Incarnation, Is.Not.EqualTo(former));
        Assert.That((await server.CommandAsync("GET", $"pn:node:{First}"))[0], Does.Contain(node.Node.Incarnation));
    }

    [Test]
    public async Task OtherProtocol_AndWhatIsNoNode_AreLeftOut_AndSaidOnce()
    {
        await using RedisMember first = await RedisMember.StartAsync(server, First);
        await using RedisMember second = await RedisMember.StartAsync(server, Second);
        string record = (await server.CommandAsync("GET", $"pn:node:{Second}"))[0];
        await server.CommandAsync("SET", "pn:node:10.0.0.3:8081", record.Replace($"\"protocol\":\"{PeerProtocol.Version}\"", "\"protocol\":\"99\"", StringComparison.Ordinal));
        await server.CommandAsync("SET", "pn:node:10.0.0.4:8081", "not JSON");
        await server.CommandAsync("LPUSH", "pn:node:10.0.0.5:8081", "no text");
        await server.CommandAsync("SET", "pn:node:10.0.0.6:8081", record.Replace("\"push\"", "\"juggle\"", StringComparison.Ordinal));
        await server.CommandAsync("SADD", "pn:nodes", "10.0.0.3:8081", "10.0.0.4:8081", "10.0.0.5:8081", "10.0.0.6:8081");

        await first.KnowsAsync(Second);
        await Eventually.BecomesTrueAsync(() => first.Logs.At(LogLevel.Warning).Count >= 4, "it says who is left out");
        await ReadAgainAsync();

        Assert.That(first.Logs.At(LogLevel.Warning), Has.Exactly(1).Contains("10.0.0.3:8081 is left out: it speaks version 99"));
        foreach (string other in (string[])["10.0.0.4", "10.0.0.5", "10.0.0.6"])
            Assert.That(first.Logs.At(LogLevel.Warning), Has.Exactly(1).Contains($"Node {other}:8081 is left out"));
        Assert.That(first.Directory.Peers, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task TwoNodes_WithOneAddress_SayWhoTheyAre_AndAreNotReady()
    {
        await using RedisMember first = await RedisMember.StartAsync(server, First);
        Assert.That(first.Heartbeat.Reason, Is.Null);
        await using (RedisMember second = await RedisMember.StartAsync(server, First))
        {
            await Eventually.BecomesTrueAsync(() => first.Heartbeat.Reason is not null && second.Heartbeat.Reason is not null, "both are not ready");
            Assert.That(first.Logs.At(LogLevel.Error), Has.Exactly(1).Contains(first.Node.Incarnation).And.Exactly(1).Contains(second.Node.Incarnation));
        }

        await Eventually.BecomesTrueAsync(() => first.Heartbeat.Reason is null, "the one that is left is ready again");
    }

    [Test]
    public async Task RestartOnTheSameAddress_IsNoConflict_AndTheFormerRunDoesNotTakeItAway()
    {
        await using RedisMember other = await RedisMember.StartAsync(server, Second);
        await using RedisMember former = await RedisMember.StartAsync(server, First);
        await using RedisMember now = await RedisMember.StartAsync(server, First);

        await former.Pulse.StopAsync(default);

        Assert.That((await server.CommandAsync("GET", $"pn:node:{First}")), Has.Length.EqualTo(1).And.Exactly(1).Contains(now.Node.Incarnation));
        await Eventually.BecomesTrueAsync(() => other.Directory.Find(First)?.Incarnation == now.Node.Incarnation, "the new run is known");
        Assert.That(now.Logs.At(LogLevel.Error), Is.Empty);
    }

    [Test]
    public async Task Addresses_ThatAreLongGone_AreForgotten()
    {
        var time = new ShiftedTime();
        await using RedisMember first = await RedisMember.StartAsync(server, First, time: time);
        await server.CommandAsync("SADD", "pn:nodes", "10.9.9.9:1");
        await ReadAgainAsync();
        Assert.That(await server.CommandAsync("SMEMBERS", "pn:nodes"), Does.Contain("10.9.9.9:1"));

        time.Advance(TimeSpan.FromHours(1.1));

        await Eventually.BecomesTrueAsync(async () => !(await server.CommandAsync("SMEMBERS", "pn:nodes")).Contains("10.9.9.9:1"), "the address is removed");
    }

    /// <summary>Waits until the nodes have been read twice, so once from beginning to end.</summary>
    private async Task ReadAgainAsync()
    {
        long before = await server.CountCommandsAsync("smembers");
        await Eventually.BecomesTrueAsync(async () => await server.CountCommandsAsync("smembers") >= before + 4, "the nodes are read again");
    }
}
