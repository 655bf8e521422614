using System.Net;
using System.Text.Json;
using PushNode.Tests.Support;

namespace PushNode.Tests.Journeys.Cluster;

/// <summary>An operator watches a cluster from one of its nodes.</summary>
internal sealed class WatchingTests
{
    private static readonly string[] Lifetime = ["--Redis:NodeLifetime", "00:00:03"];

    [Test]
    public async Task EveryNodeIsThere_WhateverItsRoles_ADeadOneIsSeenToDie_AndAnyCanBeDrained()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        string[] addresses = [.. Enumerable.Range(0, 3).Select(static _ => $"127.0.0.1:{Ports.Next()}")];
        NodeProcess collect = cluster.Prepare("collect,dispatch", [.. Lifetime, "--Cluster:Listen", $"http://{addresses[0]}"]);
        NodeProcess push = cluster.Prepare("push", [.. Lifetime, "--Cluster:Listen", $"http://{addresses[1]}"]);
        NodeProcess auth = cluster.Prepare("auth", [.. Lifetime, "--Cluster:Listen", $"http://{addresses[2]}", "--Cluster:Timeout", "00:00:01"]);
        await StartAsync(collect, push, auth);

        await using SseClient stream = await SseClient.WatchAsync(auth.Address);
        SseEvent all = await WaitAsync(stream, s => States(s).Count(static n => n.Value == "up") == 3, "all are up");
        Assert.That(States(all.Json).Keys, Is.EqualTo(addresses.Order(StringComparer.Ordinal)));
        Assert.That(Find(all.Json, addresses[2]).GetProperty("self").GetBoolean(), Is.True);
        Assert.That(all.Json.GetProperty("node").GetString(), Is.EqualTo(addresses[2]));
        Assert.That(all.Json.GetProperty("cluster").GetString(), Is.EqualTo("redis"));
        Assert.That(all.Json.GetProperty("redis").GetProperty("trouble").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(all.Json.GetProperty("store").GetProperty("kind").GetString(), Is.EqualTo("remote"));
        Assert.That(Find(all.Json, addresses[0]).GetProperty("roles").EnumerateArray().Select(static r => r.GetString()), Is.EqualTo(new[] { "collect", "dispatch" }));

        using var producer = new Producer(collect.Address);
        await using (TestClient alice = await TestClient.ConnectAsync(push.Address, Tokens.For("alice")))
        {
            await alice.WaitForAsync("live", "user:alice");
            for (int i = 0; i < 25; i++)
                await producer.PushToAsync("alice");
            await WaitAsync(stream, _ => (Sum(stream, "accepted"), Sum(stream, "delivered")) == (25, 25), "what three nodes did is one sum");
            SseEvent delivered = stream.Events.Last(static e => e.Name == "status" && e.Json.GetProperty("point").GetProperty("delivered").GetInt32() > 0);
            Assert.That(delivered.Json.GetProperty("point").GetProperty("p50").GetDouble(), Is.InRange(0, 20_000), "it was accepted by another node");
            await WaitAsync(stream, s => s.GetProperty("point").GetProperty("connections").GetInt32() == 1 && Find(s, addresses[1]).GetProperty("connections").GetInt32() == 1, "she is counted");
        }

        await push.KillAsync();
        SseEvent unreachable = await WaitAsync(stream, s => State(s, addresses[1]) == "unreachable", "it does not answer");
        SseEvent gone = await WaitAsync(stream, s => State(s, addresses[1]) == "gone", "its heartbeat has lapsed");
        Assert.That(Find(unreachable.Json, addresses[1]).GetProperty("detail").GetString(), Is.Not.Empty);
        Assert.That(Find(unreachable.Json, addresses[1]).GetProperty("roles")[0].GetString(), Is.EqualTo("push"));
        Assert.That(Find(gone.Json, addresses[1]).GetProperty("since").GetDateTimeOffset(), Is.EqualTo(DateTimeOffset.UtcNow).Within(30).Seconds);
        Assert.That(Find(gone.Json, addresses[1]).GetProperty("detail").GetString(), Is.EqualTo("it has ended, or its heartbeat has lapsed"));
        await push.StartAsync();
        await WaitAsync(stream, s => State(s, addresses[1]) == "up", "it is back");

        using var http = new HttpClient { BaseAddress = auth.Address };
        Assert.That(await DrainAsync(http, "127.0.0.1:9"), Is.EqualTo((HttpStatusCode.NotFound, "unknown_node")));
        collect.Pause();
        Assert.That(await DrainAsync(http, addresses[0]), Is.EqualTo((HttpStatusCode.ServiceUnavailable, "unanswered")));
        collect.Continue();
        Assert.That(await DrainAsync(http, addresses[1]), Is.EqualTo((HttpStatusCode.Accepted, addresses[1])));
        Assert.That(await push.WaitForExitAsync(), Is.Zero);
        SseEvent left = await WaitAsync(stream, s => State(s, addresses[1]) == "gone", "it has left");
        Assert.That(Find(left.Json, addresses[1]).GetProperty("detail").GetString(), Is.EqualTo("it was stopped"));
        Assert.That(await DrainAsync(http, addresses[2]), Is.EqualTo((HttpStatusCode.Accepted, addresses[2])), "itself");
        await stream.WaitForAsync("close");
        Assert.That(await auth.WaitForExitAsync(), Is.Zero);
    }

    [Test]
    public async Task WithoutRedis_TheStreamGoesOn_AndSaysSo()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await using var toRedis = new TestLink(cluster.Redis.Port);
        string[] link = ["--Redis:Connection", $"127.0.0.1:{toRedis.Port}"];
        NodeProcess collect = cluster.Prepare("auth,collect,dispatch", [.. Lifetime, .. link]);
        NodeProcess push = cluster.Prepare("push", [.. Lifetime, .. link]);
        await StartAsync(collect, push);
        await using SseClient stream = await SseClient.WatchAsync(collect.Address);
        await using TestClient alice = await TestClient.ConnectAsync(push.Address, Tokens.For("alice"));
        await alice.WaitForAsync("live", "user:alice");
        await WaitAsync(stream, static s => States(s).Count(static n => n.Value == "up") == 2, "both are up");

        toRedis.State = LinkState.Cut;
        await WaitAsync(stream, static s => s.GetProperty("redis").GetProperty("trouble").ValueKind == JsonValueKind.String, "Redis is missed");
        using (var producer = new Producer(collect.Address))
            await producer.PushToAsync("alice");
        await alice.WaitForAsync("message");
        await WaitAsync(stream, s => Sum(stream, "delivered") == 1 && s.GetProperty("redis").GetProperty("trouble").ValueKind == JsonValueKind.String, "the nodes are asked all the same");
        await push.KillAsync();
        await WaitAsync(stream, static s => States(s).Values.Order().SequenceEqual(["unreachable", "up"]), "nobody says that it is gone");

        toRedis.State = LinkState.Open;
        await WaitAsync(stream, static s => s.GetProperty("redis").GetProperty("trouble").ValueKind == JsonValueKind.Null && States(s).ContainsValue("gone"), "Redis is back");
    }

    [Test]
    public async Task Devices_AreThoseOfEveryNode_ConnectedOrNot()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        NodeProcess collect = cluster.Prepare("auth,collect,dispatch"), first = cluster.Prepare("push"), second = cluster.Prepare("push");
        await StartAsync(collect, first, second);
        using var producer = new Producer(collect.Address);
        await using (TestClient tablet = await TestClient.ConnectAsync(first.Address, Tokens.For("alice"), "device=tablet&ack=manual"))
        {
            await tablet.WaitForAsync("live", "user:alice");
            await producer.PushToAsync("alice");
            await tablet.WaitForAsync("message");
            await tablet.SendAsync("""{"type":"ack","channel":"user:alice","seq":1}""");
            await Eventually.BecomesTrueAsync(async () => Text(await FindAsync(collect, "tablet")) == "1/0/1", "it has acknowledged");
            await tablet.CloseAsync();
        }

        await using TestClient phone = await TestClient.ConnectAsync(second.Address, Tokens.For("alice"), "device=phone&ack=manual");
        await phone.WaitForAsync("live", "user:alice");
        await producer.PushToAsync("alice");
        await producer.PushToAsync("alice");

        await Eventually.BecomesTrueAsync(async () => Text(await FindAsync(collect, "tablet")) == "1/2/0", "it is two behind, and away");
        await Eventually.BecomesTrueAsync(async () => Text(await FindAsync(collect, "phone")).EndsWith("/1", StringComparison.Ordinal), "it is connected");
        JsonElement connection = (await FindAsync(collect, "phone")).GetProperty("connections")[0];
        Assert.That(connection.EnumerateObject().Select(static p => p.Name), Is.EqualTo(new[] { "id", "node", "transport", "since" }));
    }

    private static async Task StartAsync(params NodeProcess[] nodes)
    {
        foreach (NodeProcess node in nodes)
            node.Launch();
        foreach (NodeProcess node in nodes)
            await Eventually.BecomesTrueAsync(node.IsReadyAsync, $"the node on port {node.Port} is ready", TimeSpan.FromSeconds(40));
    }

    /// <summary>The first status from now on of which something holds.</summary>
    private static async Task<SseEvent> WaitAsync(SseClient stream, Func<JsonElement, bool> holds, string what)
    {
        int seen = Math.Max(0, stream.Events.Count - 1);
        SseEvent? found = null;
        await Eventually.BecomesTrueAsync(() => (found = stream.Events.Skip(seen).FirstOrDefault(e => e.Name == "status" && holds(e.Json))) is not null, what, TimeSpan.FromSeconds(40));
        return found!;
    }

    private static async Task<(HttpStatusCode Status, string? What)> DrainAsync(HttpClient http, string node)
    {
        using HttpResponseMessage answer = await http.PostAsync(new Uri($"admin/drain?node={Uri.EscapeDataString(node)}", UriKind.Relative), null);
        JsonElement json = JsonElement.Parse(await answer.Content.ReadAsByteArrayAsync());
        return (answer.StatusCode, json.GetProperty(answer.IsSuccessStatusCode ? "node" : "code").GetString());
    }

    private static async Task<JsonElement> FindAsync(NodeProcess node, string device)
    {
        using var http = new HttpClient { BaseAddress = node.Address };
        JsonElement user = JsonElement.Parse(await http.GetByteArrayAsync(new Uri("users/alice/devices", UriKind.Relative)));
        return user.GetProperty("devices").EnumerateArray().FirstOrDefault(d => d.GetProperty("device").GetString() == device);
    }

    private static string Text(JsonElement device) => device.ValueKind == JsonValueKind.Undefined
        ? "none"
        : $"{device.GetProperty("acknowledged")}/{device.GetProperty("behind")}/{device.GetProperty("connections").GetArrayLength()}";

    private static Dictionary<string, string> States(JsonElement status) =>
        status.GetProperty("nodes").EnumerateArray().ToDictionary(static n => n.GetProperty("address").GetString()!, static n => n.GetProperty("state").GetString()!);

    private static string? State(JsonElement status, string address) => States(status).GetValueOrDefault(address);

    private static JsonElement Find(JsonElement status, string address) =>
        status.GetProperty("nodes").EnumerateArray().Single(n => n.GetProperty("address").GetString() == address);

    private static long Sum(SseClient stream, string count) =>
        stream.Events.Where(static e => e.Name == "status").Sum(e => e.Json.GetProperty("point").GetProperty(count).GetInt64());
}
