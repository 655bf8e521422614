using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PushNode.Cluster.Redis;
using PushNode.Diagnostics;
using PushNode.Settings;
using PushNode.Tests.Support;

namespace PushNode.Tests.Cluster;

internal sealed class StoreClaimTests
{
    private const string First = "10.0.0.1:8081";
    private const string Second = "10.0.0.2:8081";

    private RedisServer server = null!;

    [SetUp]
    public void Prepare() => server = RedisServer.Prepare();

    [TearDown]
    public ValueTask StopAsync() => server.DisposeAsync();

    [Test]
    public async Task OneNodeStores_AndASecondIsRefused_WithASentence()
    {
        await server.StartAsync();
        await using Storer first = await StartAsync(First);
        await using Storer second = await StartAsync(Second);

        await first.Claim.ClaimAsync(default);
        Task refused = second.Claim.ClaimAsync(default);
        // The holder lives: its claim goes with its heartbeat.
        await Eventually.BecomesTrueAsync(
            async () =>
            {
                await first.Claim.RefreshAsync(default);
                return refused.IsCompleted;
            },
            "the second one is refused");

        Assert.That(first.Claim.IsHeld, Is.True);
        Assert.That(second.Claim.IsHeld, Is.False);
        Assert.That(
            async () => await refused,
            Throws.TypeOf<SettingsException>().With.Message.StartsWith("Roles is 'collect, push': ").And.Message.Contains(First).And.Message.Contains("one node only"));
        Assert.That(second.Member.Logs.At(LogLevel.Information), Has.Exactly(1).Contains($"Node {First} stores"));
    }

    [Test]
    public async Task RedisThatHasForgottenTheClaim_LeavesItToTheOneThatHadIt()
    {
        await server.StartAsync();
        await using Storer first = await StartAsync(First);
        await using Storer second = await StartAsync(Second);
        await first.Claim.ClaimAsync(default);
        Task refused = second.Claim.ClaimAsync(default);
        await Eventually.BecomesTrueAsync(() => second.Member.Logs.At(LogLevel.Information).Any(static l => l.Contains("stores", StringComparison.Ordinal)), "the second one waits");

        await server.CommandAsync("FLUSHALL");
        long before = await server.CountCommandsAsync("get");
        await Eventually.BecomesTrueAsync(async () => await server.CountCommandsAsync("get") > before + 2, "the second one has seen that the claim is gone");
        await Eventually.BecomesTrueAsync(
            async () =>
            {
                await first.Claim.RefreshAsync(default);
                return refused.IsCompleted;
            },
            "the second one is refused");

        Assert.That((first.Claim.IsHeld, second.Claim.IsHeld), Is.EqualTo((true, false)));
        Assert.That(async () => await refused, Throws.TypeOf<SettingsException>());
    }

    [Test]
    public async Task ClaimOfANodeThatWasKilled_LapsesWhileTheNextOneWaits()
    {
        await server.StartAsync();
        await using (Storer killed = await StartAsync(First))
            await killed.Claim.ClaimAsync(default);
        await using Storer next = await StartAsync(Second);

        await next.Claim.ClaimAsync(default);

        Assert.That(next.Claim.IsHeld, Is.True);
    }

    [Test]
    public async Task SameAddress_AndOneThatWasGivenUp_AreTakenOverAtOnce()
    {
        await server.StartAsync();
        await using (Storer killed = await StartAsync(First))
            await killed.Claim.ClaimAsync(default);
        await using Storer again = await StartAsync(First);
        Assert.That(await Elapsed.OfAsync(() => again.Claim.ClaimAsync(default)), Is.LessThan(TimeSpan.FromSeconds(1)));
        await again.Claim.StopAsync(default);
        await using Storer other = await StartAsync(Second);

        Assert.That(await Elapsed.OfAsync(() => other.Claim.ClaimAsync(default)), Is.LessThan(TimeSpan.FromSeconds(1)));
        await again.Claim.StopAsync(default);

        Assert.That(await server.CommandAsync("GET", "pn:store"), Has.Exactly(1).Contains(Second), "only its own claim is given up");
    }

    [Test]
    public async Task WithoutRedis_TheNodeStarts_AndClaimsLater()
    {
        await using Storer node = Prepare(First);
        await node.Member.Pulse.StartAsync(default);

        await node.Claim.ClaimAsync(default);
        Assert.That(node.Claim.IsHeld, Is.False);
        Assert.That(node.Member.Logs.At(LogLevel.Warning), Has.Exactly(1).Contains("found out later"));
        await server.StartAsync();
        await Eventually.BecomesTrueAsync(() => node.Claim.IsHeld, "the claim is made when Redis is there");

        Assert.That(node.Lifetime.IsStopped, Is.False);
    }

    [Test]
    public async Task WithoutRedis_ANodeThatFindsAnotherLater_Ends()
    {
        await server.StartAsync();
        await server.CommandAsync("SET", "pn:store", new StoreClaimRecord(Second, "abc", "e").ToString());
        await using var network = new TestLink(server.Port) { State = LinkState.Cut };
        await using Storer node = Prepare(First, connection: $"127.0.0.1:{network.Port}");
        await node.Member.Pulse.StartAsync(default);
        await node.Claim.ClaimAsync(default);
        Assert.That(node.Lifetime.IsStopped, Is.False);

        network.State = LinkState.Open;
        await Eventually.BecomesTrueAsync(() => node.Lifetime.IsStopped, "it finds out who stores, and ends");

        Assert.That(node.Claim.IsHeld, Is.False);
        Assert.That(node.End.HasFailed, Is.True);
    }

    [Test]
    public async Task HolderThatLosesItsClaim_Ends()
    {
        await server.StartAsync();
        await using Storer node = await StartAsync(First);
        await node.Claim.ClaimAsync(default);

        await server.CommandAsync("SET", "pn:store", new StoreClaimRecord(Second, "abc", "e").ToString());
        await Eventually.BecomesTrueAsync(() => node.Lifetime.IsStopped, "the node ends");

        Assert.That(node.End.HasFailed, Is.True);
        Assert.That(node.Claim.IsHeld, Is.False);
        Assert.That(node.Member.Logs.At(LogLevel.Critical), Has.Exactly(1).Contains(Second));
    }

    [Test]
    public async Task OtherEpoch_IsSaidOnce()
    {
        await server.StartAsync();
        await using (Storer former = await StartAsync(First, "epoch-1"))
        {
            await former.Claim.ClaimAsync(default);
            await former.Claim.StopAsync(default);
        }

        await using Storer now = await StartAsync(Second, "epoch-2");
        await now.Claim.ClaimAsync(default);
        await now.Claim.RefreshAsync(default);

        Assert.That(now.Member.Logs.At(LogLevel.Warning), Has.Exactly(1).Contains("epoch-1").And.Exactly(1).Contains("epoch-2"));
    }

    [Test]
    public async Task ClaimThatIsNone_IsReplaced()
    {
        await server.StartAsync();
        await server.CommandAsync("SET", "pn:store", "{\"address\":7}");
        await using Storer node = await StartAsync(First);

        await node.Claim.ClaimAsync(default);

        Assert.That(node.Claim.IsHeld, Is.True);
        Assert.That(await server.CommandAsync("GET", "pn:store"), Has.Exactly(1).Contains(First));
    }

    private async Task<Storer> StartAsync(string address, string epoch = "e")
    {
        Storer storer = Prepare(address, epoch);
        await storer.Member.StartAsync();
        return storer;
    }

    private Storer Prepare(string address, string epoch = "e", string? connection = null)
    {
        var lifetime = new RecordedLifetime();
        var end = new FatalEnd(lifetime);
        StoreClaim? claim = null;
        RedisMember member = RedisMember.Prepare(connection ?? server.Address, address, Roles.Collect | Roles.Push, claim: m => claim = new StoreClaim(
            m.Link, m.Keys, m.Options, m.Facts, m.Node, new HeadStore(epoch), end, TimeProvider.System, m.Logs.CreateLogger<StoreClaim>()));
        return new Storer(member, claim!, lifetime, end);
    }

    private sealed record Storer(RedisMember Member, StoreClaim Claim, RecordedLifetime Lifetime, FatalEnd End) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Member.DisposeAsync();
    }

    private sealed class RecordedLifetime : IHostApplicationLifetime
    {
        public bool IsStopped { get; private set; }

        public CancellationToken ApplicationStarted => default;

        public CancellationToken ApplicationStopping => default;

        public CancellationToken ApplicationStopped => default;

        public void StopApplication() => IsStopped = true;
    }
}
