using System.Diagnostics;
using System.Net;
using System.Text.Json;
using PushNode.Tests.Support;

namespace PushNode.Tests.Journeys.Cluster;

/// <summary>MongoDB cannot be reached for a while, or not yet: what needs it is refused in time, everything else goes on, and all is regular when it is back.</summary>
internal sealed class MongoAwayTests
{
    private const string Message = """{"userId":"alice","data":1}""";
    private const string Ephemeral = """{"userId":"alice","data":2,"ephemeral":true}""";

    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(3);

    /// <summary>What a busy machine takes besides.</summary>
    private static readonly TimeSpan Allowance = TimeSpan.FromSeconds(3);

    private static readonly string[] Patience = ["--Mongo:Timeout", $"{Timeout:c}"];

    [TestCase(LinkState.Cut)]
    [TestCase(LinkState.Silent)]
    public async Task Away_WhatIsStoredIsRefused_TheRestGoesOn_AndAllIsRegularWhenItIsBack(LinkState fault)
    {
        await using TestCluster cluster = await TestCluster.StartAsync(onMongo: true);
        await using var link = new TestLink(cluster.Mongo!.Port);
        string[] store = [.. cluster.Mongo.SettingsBy(link), .. Patience];
        NodeProcess[] nodes = [cluster.Prepare("collect,dispatch,auth", store), cluster.Prepare("push,auth", store), cluster.Prepare("push")];
        await StartAsync(nodes);
        using var producer = new Producer(nodes[0].Address);
        await using TestClient phone = await ConnectAsync(nodes[1]), laptop = await ConnectAsync(nodes[2]);
        await producer.PushToAsync("alice");

        link.State = fault;
        TimeSpan first = await RefusedAsync(producer);
        TimeSpan second = await RefusedAsync(producer);
        Assert.That(first, Is.LessThan(Timeout + Allowance));
        Assert.That(second, Is.LessThan(TimeSpan.FromSeconds(1)), "once it is known, nobody waits");
        TestContext.Out.WriteLine($"refused after {first.TotalMilliseconds:n0} ms, then after {second.TotalMilliseconds:n0} ms");
        await Eventually.BecomesTrueAsync(() => nodes.Take(2).All(static n => n.Output.Contains("It is tried again", StringComparison.Ordinal)), "both say so");
        for (int i = 0; i < 5; i++)
            Assert.That(await RefusedAsync(producer), Is.LessThan(TimeSpan.FromSeconds(1)), "nor later");
        foreach (NodeProcess node in nodes)
            await Eventually.BecomesTrueAsync(async () => (await node.ReadinessAsync()).Contains("store: ", StringComparison.Ordinal), $"the node on port {node.Port} says that it is not ready");
        Assert.That((await producer.PostAsync(Ephemeral)).Status, Is.EqualTo(HttpStatusCode.Accepted));
        await phone.WaitForMessagesAsync(2);
        await laptop.WaitForMessagesAsync(2);
        Assert.That((phone.HasEnded, laptop.HasEnded), Is.EqualTo((false, false)), "open connections live");
        await using TestClient late = await TestClient.ConnectAsync(nodes[1].Address, Tokens.For("alice"), "device=late");

        link.State = LinkState.Open;
        foreach (NodeProcess node in nodes)
            await Eventually.BecomesTrueAsync(node.IsReadyAsync, $"the node on port {node.Port} is ready again");
        await late.WaitForAsync("live", "user:alice");
        await producer.PushToAsync("alice");
        foreach (TestClient client in (TestClient[])[phone, laptop])
        {
            await client.WaitForMessagesAsync(3);
            Assert.That(client.Messages.Select(static m => m.TryGetProperty("seq", out JsonElement seq) ? seq.GetInt64() : 0), Is.EqualTo(new[] { 1, 0, 2 }));
        }

        await late.WaitForMessagesAsync(2);
        Assert.That(nodes[0].Output, Does.Contain("answers again"));
    }

    [Test]
    public async Task AwayForOneCollectNode_TheOtherOneServes_AndPushNodesAskIt()
    {
        await using TestCluster cluster = await TestCluster.StartAsync(onMongo: true);
        await using var link = new TestLink(cluster.Mongo!.Port);
        NodeProcess[] nodes = [cluster.Prepare("collect", [.. cluster.Mongo.SettingsBy(link), .. Patience]), cluster.Prepare("collect,dispatch"), cluster.Prepare("push,auth")];
        await StartAsync(nodes);
        using Producer cutOff = new(nodes[0].Address), well = new(nodes[1].Address);
        await cutOff.PushToAsync("alice");

        link.State = LinkState.Cut;
        await Eventually.BecomesTrueAsync(async () => (await nodes[0].ReadinessAsync()).Contains("store: ", StringComparison.Ordinal), "it is not ready");
        await RefusedAsync(cutOff);
        await well.PushToAsync("alice");
        await Eventually.BecomesTrueAsync(nodes[2].IsReadyAsync, "the push node has found the other one");
        await using TestClient phone = await ConnectAsync(nodes[2]);

        await phone.WaitForMessagesAsync(2);
        Assert.That(phone.Messages.Select(static m => m.GetProperty("seq").GetInt64()), Is.EqualTo(new[] { 1, 2 }));
        link.State = LinkState.Open;
        await Eventually.BecomesTrueAsync(nodes[0].IsReadyAsync, "it is ready again");
        await cutOff.PushToAsync("alice");
        await phone.WaitForMessagesAsync(3);
    }

    [Test]
    public async Task AwayAtStart_TheNodeListens_AndBeginsWhenItIsThere()
    {
        await using var server = MongoServer.Use();
        await using var link = new TestLink(server.Port) { State = LinkState.Cut };
        await using NodeProcess node = NodeProcess.Prepare(["--Auth:Jwt:Secret", Tokens.Secret, .. server.SettingsBy(link), .. Patience]);

        node.Launch();
        await Eventually.BecomesTrueAsync(() => node.Output.Contains("listens on", StringComparison.Ordinal), "it listens");
        using var producer = new Producer(node.Address);
        Assert.That(await RefusedAsync(producer), Is.LessThan(TimeSpan.FromSeconds(1)));
        Assert.That(await node.ReadinessAsync(), Does.Contain($"store: MongoDB at 127.0.0.1:{link.Port} cannot be reached"));
        await using TestClient client = await TestClient.ConnectAsync(node.Address, Tokens.For("alice"), "device=phone");
        Assert.That((await producer.PostAsync(Ephemeral)).Status, Is.EqualTo(HttpStatusCode.Accepted));

        link.State = LinkState.Open;
        await Eventually.BecomesTrueAsync(node.IsReadyAsync, "it is ready");
        await client.WaitForAsync("live", "user:alice");
        await producer.PushToAsync("alice");
        await client.WaitForAsync("message");
    }

    [Test]
    public async Task ANodeAlone_KilledAndRestartedOnAnEmptyFolder_LosesNothing()
    {
        await using var server = MongoServer.Use();
        await using NodeProcess node = await NodeProcess.StartAsync([.. server.Settings, "--Push:ProofInterval", "00:00:00.5"]);
        await using var traffic = Traffic.Start(() => node.Address, () => node.Address, users: 8, producerCount: 4);

        for (int kill = 0; kill < 3; kill++)
        {
            await traffic.GoOnAsync(200);
            await node.KillAsync();
            Directory.Delete(node.Data, recursive: true);
            await node.StartAsync();
        }

        await traffic.GoOnAsync(100);
        Assert.That(await traffic.FinishAsync(), Is.Empty);
        Assert.That(Directory.Exists(Path.Combine(node.Data, "journal")), Is.False, "it has no journal");
    }

    private static async Task<TimeSpan> RefusedAsync(Producer producer)
    {
        long start = Stopwatch.GetTimestamp();
        (HttpStatusCode status, JsonElement answer) = await producer.PostAsync(Message);
        Assert.That((status, answer.GetProperty("code").GetString()), Is.EqualTo((HttpStatusCode.ServiceUnavailable, "unavailable")));
        return Stopwatch.GetElapsedTime(start);
    }

    private static async Task<TestClient> ConnectAsync(NodeProcess node)
    {
        TestClient client = await TestClient.ConnectAsync(node.Address, Tokens.For("alice"), $"device=on{node.Port}");
        await client.WaitForAsync("live", "user:alice");
        return client;
    }

    private static async Task StartAsync(NodeProcess[] nodes)
    {
        foreach (NodeProcess node in nodes)
            node.Launch();
        foreach (NodeProcess node in nodes)
            await Eventually.BecomesTrueAsync(node.IsReadyAsync, $"the node on port {node.Port} is ready", TimeSpan.FromSeconds(40));
    }
}
