using PushNode.Tests.Support;

namespace PushNode.Tests.Journeys.Cluster;

/// <summary>Nodes of a cluster that die, are stopped, or are cut off, under load: the promise holds whatever single process it is.</summary>
internal sealed class NodeFailureTests
{
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(2);

    /// <summary>Longer than a heartbeat lives.</summary>
    private static readonly TimeSpan LongStop = TimeSpan.FromSeconds(5);

    [TestCase("collect")]
    [TestCase("dispatch")]
    [TestCase("push")]
    [CancelAfter(120_000)]
    public async Task KilledAndRestartedOnItsAddress_LosesNothing(string role, CancellationToken cancellationToken)
    {
        await using Topology topology = await Topology.StartAsync();
        NodeProcess victim = role switch { "collect" => topology.Collect, "dispatch" => topology.Dispatch[0], _ => topology.Push[0] };

        for (int kill = 0; kill < 2; kill++)
        {
            await victim.KillAsync();
            // Time is what is meant: the others have to go on without it.
            await Task.Delay(Outage, cancellationToken);
            await victim.StartAsync();
            await topology.Traffic.GoOnAsync(200);
        }

        Assert.That(await topology.Traffic.FinishAsync(), Is.Empty);
    }

    [TestCase("dispatch")]
    [TestCase("push")]
    public async Task KilledForGood_LosesNothing(string role)
    {
        await using Topology topology = await Topology.StartAsync();
        NodeProcess victim = role == "dispatch" ? topology.Dispatch[1] : topology.Push[1];

        await victim.KillAsync();
        await topology.Traffic.GoOnAsync(400);

        Assert.That(await topology.Traffic.FinishAsync(), Is.Empty);
    }

    [TestCase("dispatch")]
    [TestCase("push")]
    [CancelAfter(120_000)]
    public async Task StoppedForLongerThanItsHeartbeatLives_ThenContinued_LosesNothing(string role, CancellationToken cancellationToken)
    {
        // Devices that stay: those of the stopped node are still connected to it when it goes on.
        await using Topology topology = await Topology.StartAsync(longestStay: 60_000);
        NodeProcess victim = role == "dispatch" ? topology.Dispatch[0] : topology.Push[0];

        victim.Pause();
        await Task.Delay(LongStop, cancellationToken);
        victim.Continue();
        await topology.Traffic.GoOnAsync(400);

        Assert.That(await topology.Traffic.FinishAsync(), Is.Empty);
    }

    [TestCase(LinkState.Cut)]
    [TestCase(LinkState.Silent)]
    [CancelAfter(120_000)]
    public async Task LinkToAPushNodeCut_AndRestored_LosesNothing(LinkState fault, CancellationToken cancellationToken)
    {
        int port = Ports.Next();
        await using var link = new TestLink(port);
        await using Topology topology = await Topology.StartAsync(60_000, "--Cluster:Listen", $"http://127.0.0.1:{port}", "--Cluster:Advertise", $"127.0.0.1:{link.Port}");

        link.State = fault;
        await Task.Delay(LongStop, cancellationToken);
        link.State = LinkState.Open;
        await topology.Traffic.GoOnAsync(400);

        Assert.That(await topology.Traffic.FinishAsync(), Is.Empty);
    }

    [Test]
    public async Task SlowPushNode_DoesNotSlowTheOthers()
    {
        int port = Ports.Next();
        await using var link = new TestLink(port);
        await using Topology topology = await Topology.StartAsync(60_000, "--Cluster:Listen", $"http://127.0.0.1:{port}", "--Cluster:Advertise", $"127.0.0.1:{link.Port}");
        link.Delay = TimeSpan.FromSeconds(1.5);

        await using TestClient quick = await TestClient.ConnectAsync(topology.Push[1].Address, Tokens.For("quick"), "device=phone");
        await quick.WaitForAsync("live", "user:quick");
        using var producer = new Producer(topology.Collect.Address);
        long start = Environment.TickCount64;
        for (int i = 1; i <= 20; i++)
        {
            await producer.PushToAsync("quick");
            await quick.WaitForMessagesAsync(i);
        }

        long elapsed = Environment.TickCount64 - start;
        TestContext.Out.WriteLine($"20 messages in turn past a node that answers after 1.5 s took {elapsed} ms");
        Assert.That(elapsed, Is.LessThan(1500 * 10), "messages do not wait for the slow node");
        link.Delay = TimeSpan.Zero;
        Assert.That(await topology.Traffic.FinishAsync(), Is.Empty);
    }
}
