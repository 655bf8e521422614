using System.Diagnostics;
using System.Net;
using System.Text.Json;
using PushNode.Tests.Support;

namespace PushNode.Tests.Journeys.Cluster;

/// <summary>Nodes of a cluster that die, are stopped, or are cut off, under load: the promise holds whatever single process it is.</summary>
internal sealed class NodeFailureTests
{
    private static readonly TimeSpan Outage = TimeSpan.FromSeconds(2);

    /// <summary>Longer than a heartbeat lives.</summary>
    private static readonly TimeSpan LongStop = TimeSpan.FromSeconds(5);

    /// <summary>Longer than messages wait for a node, and than every attempt to reach one takes.</summary>
    private static readonly TimeSpan LongOutage = TimeSpan.FromSeconds(22);

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

    [Test]
    [CancelAfter(180_000)]
    public async Task AllDispatchNodesStopped_HoldUpNoProducer_AndLoseNothing(CancellationToken cancellationToken)
    {
        await using Topology topology = await Topology.StartAsync(longestStay: 60_000);
        using var producer = new Producer(topology.Collect.Address);
        await using TestClient client = await TestClient.ConnectAsync(topology.Push[0].Address, Tokens.For("patient"), "device=phone");
        await client.WaitForAsync("live", "all");

        foreach (NodeProcess node in topology.Dispatch)
            node.Pause();
        TimeSpan slowest = TimeSpan.Zero;
        long start = Stopwatch.GetTimestamp();
        int posted = 0;
        while (Stopwatch.GetElapsedTime(start) < LongOutage)
        {
            long before = Stopwatch.GetTimestamp();
            await producer.PushToAsync("patient");
            (HttpStatusCode status, _) = await producer.PostAsync("""{"userId":"patient","data":1,"ephemeral":true}""");
            Assert.That(status, Is.EqualTo(HttpStatusCode.Accepted));
            TimeSpan elapsed = Stopwatch.GetElapsedTime(before);
            slowest = elapsed > slowest ? elapsed : slowest;
            posted++;
            await Task.Delay(20, cancellationToken);
        }

        long held = Stopwatch.GetTimestamp();
        (_, JsonElement answer) = await producer.PostAsync("""{"userId":"patient","data":1}""", "collect?wait=delivered");
        TimeSpan waited = Stopwatch.GetElapsedTime(held);
        foreach (NodeProcess node in topology.Dispatch)
            node.Continue();
        await topology.Traffic.GoOnAsync(200);

        TestContext.Out.WriteLine($"{posted} posts of each kind; the slowest two were answered within {slowest.TotalMilliseconds:n0} ms; the wait for a delivery took {waited.TotalMilliseconds:n0} ms");
        Assert.That(slowest, Is.LessThan(TimeSpan.FromSeconds(2)));
        Assert.That(waited, Is.LessThan(TimeSpan.FromSeconds(7)));
        Assert.That(answer.GetProperty("delivered").GetInt32(), Is.LessThanOrEqualTo(1));
        await Eventually.BecomesTrueAsync(() => Stored(client).Count() >= posted + 1, "all arrive", TimeSpan.FromSeconds(30));
        Assert.That(Stored(client), Is.EqualTo(Enumerable.Range(1, posted + 1)));
        Assert.That(await topology.Traffic.FinishAsync(), Is.Empty);
        Assert.That(topology.Collect.Output.Split("No node dispatches"), Has.Length.EqualTo(2), "a line for the outage");

        static IEnumerable<long> Stored(TestClient client) => client.Messages.Where(static m => m.TryGetProperty("seq", out _)).Select(static m => m.GetProperty("seq").GetInt64());
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
