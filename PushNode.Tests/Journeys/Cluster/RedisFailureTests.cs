using PushNode.Tests.Support;

namespace PushNode.Tests.Journeys.Cluster;

/// <summary>Redis dies, comes back with nothing or with what it knew long ago, hangs, or is away, under load.</summary>
internal sealed class RedisFailureTests
{
    private static readonly TimeSpan Outage = TimeSpan.FromMinutes(1);

    [Test]
    public async Task KilledAndRestartedEmpty_LosesNothing()
    {
        await using Topology topology = await Topology.StartAsync(longestStay: 20_000);

        for (int kill = 0; kill < 2; kill++)
        {
            await topology.Cluster.Redis.RestartAsync();
            await topology.Traffic.GoOnAsync(400);
        }

        Assert.That(await topology.Traffic.FinishAsync(), Is.Empty);
    }

    [Test]
    public async Task RestoredFromAnOldSnapshot_LosesNothing()
    {
        await using Topology topology = await Topology.StartAsync(longestStay: 20_000);
        await topology.Cluster.Redis.CommandAsync("SAVE");
        await topology.Traffic.GoOnAsync(600);

        await topology.Cluster.Redis.RestartAsync();
        await topology.Traffic.GoOnAsync(600);

        Assert.That(await topology.Traffic.FinishAsync(), Is.Empty);
    }

    [Test]
    [CancelAfter(150_000)]
    public async Task Hanging_LosesNothing_AndEverythingGoesOn(CancellationToken cancellationToken)
    {
        await using Topology topology = await Topology.StartAsync(longestStay: 5_000);

        topology.Cluster.Redis.Pause();
        await Task.Delay(TimeSpan.FromSeconds(10), cancellationToken);
        await AssertItGoesOnAsync(topology, "while it hangs");
        topology.Cluster.Redis.Continue();
        await topology.Traffic.GoOnAsync(400);

        Assert.That(await topology.Traffic.FinishAsync(), Is.Empty);
    }

    [Test]
    [CancelAfter(195_000)]
    public async Task Away_LosesNothing_AndEverythingGoesOn(CancellationToken cancellationToken)
    {
        await using Topology topology = await Topology.StartAsync(longestStay: 5_000);
        await using TestClient before = await TestClient.ConnectAsync(topology.Push[0].Address, Tokens.For("before"), "device=phone");
        await before.WaitForAsync("live", "user:before");
        using var producer = new Producer(topology.Collect.Address);

        await topology.Cluster.Redis.KillAsync();
        await Task.Delay(Outage, cancellationToken);
        await AssertItGoesOnAsync(topology, "while it is away");
        await producer.PushToAsync("before");
        await before.WaitForMessagesAsync(1);
        Assert.That(before.HasEnded, Is.False, "open connections live");
        await topology.Cluster.Redis.StartAsync();
        await topology.Traffic.GoOnAsync(400);
        await producer.PushToAsync("before");
        await before.WaitForMessagesAsync(2);

        Assert.That(await topology.Traffic.FinishAsync(), Is.Empty);
    }

    // New connections join on every node, and messages reach them.
    private static async Task AssertItGoesOnAsync(Topology topology, string when)
    {
        using var producer = new Producer(topology.Collect.Address);
        foreach (NodeProcess node in topology.Push)
        {
            string user = $"late{node.Port}";
            await using TestClient client = await TestClient.ConnectAsync(node.Address, Tokens.For(user), "device=phone");
            await client.WaitForAsync("live", $"user:{user}");
            long start = Environment.TickCount64;
            await producer.PushToAsync(user);
            await client.WaitForMessagesAsync(1);
            TestContext.Out.WriteLine($"{when} a message took {Environment.TickCount64 - start} ms");
        }
    }
}
