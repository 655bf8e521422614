using Microsoft.Extensions.Logging;
using PushNode.Messages;
using PushNode.Tests.Support;

namespace PushNode.Tests.Cluster;

/// <summary>A master with a replica, of which the nodes are given both addresses, and somebody who moves the master without Sentinel.</summary>
internal sealed class RedisReplicaTests
{
    private static readonly Channel Alice = Channel.User("alice");

    private RedisServer master = null!;
    private RedisServer replica = null!;

    [SetUp]
    public async Task StartAsync()
    {
        master = await RedisServer.StartAsync("--repl-diskless-sync-delay", "0");
        replica = await RedisServer.StartAsync("--repl-diskless-sync-delay", "0", "--replicaof", "127.0.0.1", $"{master.Port}");
        await Eventually.BecomesTrueAsync(
            async () => (await master.CommandAsync("INFO", "replication")).Any(static l => l.Contains("state=online", StringComparison.Ordinal)), "the replica follows");
    }

    [TearDown]
    public async Task StopAsync()
    {
        await master.DisposeAsync();
        await replica.DisposeAsync();
    }

    [Test]
    public async Task MasterThatDies_IsNamedAsTheReason_ThenFollowed_AndComesBackAsAReplica([Values] bool replicaFirst)
    {
        await using RedisMember member = RedisMember.Prepare(replicaFirst ? $"{replica.Address},{master.Address}" : $"{master.Address},{replica.Address}", "10.0.0.1:8081");
        await member.StartAsync();
        long generation = await member.Routes.AddAsync(Alice, default);

        await master.KillAsync();
        await Eventually.BecomesTrueAsync(() => member.Logs.At(LogLevel.Warning).Any(static l => l.Contains("read-only replica (READONLY), and its master is away", StringComparison.Ordinal)), "it says why it cannot use Redis");
        await replica.CommandAsync("REPLICAOF", "NO", "ONE");
        await Eventually.BecomesTrueAsync(() => member.Link.IsReachable, "the new master is used", TimeSpan.FromSeconds(10));
        Assert.That(member.Link.Generation, Is.GreaterThan(generation));
        Assert.That(await member.Routes.AddAsync(Alice, default), Is.EqualTo(member.Link.Generation));

        await master.StartAsync();
        await master.CommandAsync("REPLICAOF", "127.0.0.1", $"{replica.Port}");
        await StaysWithAsync(member, replica);
        await Eventually.BecomesTrueAsync(async () => (await master.CommandAsync("HVALS", "pn:route:user:alice")).SequenceEqual(["10.0.0.1:8081"]), "it follows");
    }

    [Test]
    public async Task FormerMaster_ThatComesBackAsOne_IsUsedIfItIsNamedFirst_UntilItFollows()
    {
        await using RedisMember member = RedisMember.Prepare($"{master.Address},{replica.Address}", "10.0.0.1:8081");
        await using RedisMember other = RedisMember.Prepare($"{master.Address},{replica.Address}", "10.0.0.2:8081");
        await member.StartAsync();
        await other.StartAsync();

        await master.KillAsync();
        await replica.CommandAsync("REPLICAOF", "NO", "ONE");
        await StaysWithAsync(member, replica);
        await StaysWithAsync(other, replica);
        await master.StartAsync();
        await StaysWithAsync(member, master);
        await StaysWithAsync(other, master);
        await master.CommandAsync("REPLICAOF", "127.0.0.1", $"{replica.Port}");

        await StaysWithAsync(member, replica);
        await StaysWithAsync(other, replica);
        await member.KnowsAsync("10.0.0.2:8081");
    }

    [Test]
    public async Task MasterThatIsMovedOnPurpose_IsFollowed()
    {
        await using RedisMember member = RedisMember.Prepare($"{master.Address},{replica.Address}", "10.0.0.1:8081");
        await member.StartAsync();
        long generation = await member.Routes.AddAsync(Alice, default);

        await replica.CommandAsync("REPLICAOF", "NO", "ONE");
        await master.CommandAsync("REPLICAOF", "127.0.0.1", $"{replica.Port}");

        await StaysWithAsync(member, replica);
        Assert.That(member.Link.Generation, Is.GreaterThan(generation));
    }

    [Test]
    public async Task MasterThatHangs_AndIsReplaced_IsLeft()
    {
        await using RedisMember member = RedisMember.Prepare($"{master.Address},{replica.Address}", "10.0.0.1:8081", timeout: TimeSpan.FromMilliseconds(500));
        await member.StartAsync();

        master.Pause();
        await Eventually.BecomesTrueAsync(() => !member.Link.IsReachable, "the silence is noticed");
        await replica.CommandAsync("REPLICAOF", "NO", "ONE");

        await StaysWithAsync(member, replica);
    }

    // Routes are written at this one, each of several times.
    private static async Task StaysWithAsync(RedisMember member, RedisServer server)
    {
        int written = 0;
        await Eventually.BecomesTrueAsync(
            async () =>
            {
                await server.CommandAsync("DEL", "pn:route:user:alice");
                bool isThere = await member.Routes.AddAsync(Alice, default) > 0 && (await server.CommandAsync("HLEN", "pn:route:user:alice"))[0] == "1";
                written = isThere ? written + 1 : 0;
                return written == 20;
            },
            "routes are written at the new master");
    }
}
