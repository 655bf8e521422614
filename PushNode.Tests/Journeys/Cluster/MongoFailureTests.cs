using PushNode.Tests.Support;

namespace PushNode.Tests.Journeys.Cluster;

/// <summary>Two nodes collect and share a MongoDB: whatever single process dies, is stopped or restarted under load, the promise holds and producers go on.</summary>
internal sealed class MongoFailureTests
{
    /// <summary>Longer than a heartbeat lives.</summary>
    private static readonly TimeSpan LongStop = TimeSpan.FromSeconds(5);

    [Test]
    public async Task ACollectNodeKilled_TheOtherGoesOn_AndNothingIsLost()
    {
        await using Topology topology = await Topology.StartOnMongoAsync();

        foreach (NodeProcess victim in topology.Collects)
        {
            await victim.KillAsync();
            await topology.Traffic.GoOnAsync(400);
            await victim.StartAsync();
            await topology.Traffic.GoOnAsync(100);
        }

        Assert.That(await topology.Traffic.FinishAsync(), Is.Empty);
    }

    [Test]
    public async Task ACollectNodeKilledForGood_LosesNothing()
    {
        await using Topology topology = await Topology.StartOnMongoAsync(longestStay: 60_000);

        await topology.Collects[0].KillAsync();

        // Devices that stay: what was stored and not dispatched they do not find by coming back.
        Assert.That(await topology.Traffic.FinishAsync(), Is.Empty);
    }

    [TestCase("collect")]
    [TestCase("push")]
    [TestCase("push that asks the nodes that collect")]
    [CancelAfter(180_000)]
    public async Task StoppedForLongerThanItsHeartbeatLives_ThenContinued_LosesNothing(string role, CancellationToken cancellationToken)
    {
        await using Topology topology = await Topology.StartOnMongoAsync(longestStay: 60_000);
        NodeProcess victim = role == "collect" ? topology.Collects[0] : topology.Push[role == "push" ? 0 : 1];

        victim.Pause();
        // Time is what is meant: the others have to go on without it.
        await Task.Delay(LongStop, cancellationToken);
        victim.Continue();
        await topology.Traffic.GoOnAsync(400);

        Assert.That(await topology.Traffic.FinishAsync(), Is.Empty);
    }

    [Test]
    public async Task EveryNodeRestarted_OneAfterTheOther_LosesNothing()
    {
        await using Topology topology = await Topology.StartOnMongoAsync();

        foreach (NodeProcess node in topology.All)
        {
            Task<int> ending = node.StopAsync();
            await topology.Traffic.GoOnAsync(50);
            Assert.That(await ending, Is.Zero, node.Output);
            await node.StartAsync();
            await topology.Traffic.GoOnAsync(50);
        }

        Assert.That(await topology.Traffic.FinishAsync(), Is.Empty);
    }

    [Test]
    public async Task RedisRestartedEmpty_LosesNothing()
    {
        await using Topology topology = await Topology.StartOnMongoAsync(longestStay: 20_000);

        for (int kill = 0; kill < 2; kill++)
        {
            await topology.Cluster.Redis.RestartAsync();
            await topology.Traffic.GoOnAsync(400);
        }

        Assert.That(await topology.Traffic.FinishAsync(), Is.Empty);
    }
}
