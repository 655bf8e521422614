using System.Net;
using System.Net.WebSockets;
using System.Text.Json;
using PushNode.Tests.Support;

namespace PushNode.Tests.Journeys.Cluster;

/// <summary>What users of a cluster see when nothing fails: every device everywhere, presence, topics, broadcasts, disconnecting, revoking.</summary>
[TestFixture(false, TestName = "ClusterDeliveryTests(Journal)")]
[TestFixture(true, TestName = "ClusterDeliveryTests(Mongo)")]
internal sealed class ClusterDeliveryTests(bool onMongo)
{
    private TestCluster cluster = null!;
    private NodeProcess collect = null!;
    private NodeProcess[] push = [];

    [SetUp]
    public async Task StartAsync()
    {
        cluster = await TestCluster.StartAsync(onMongo);
        collect = await cluster.AddAsync("collect");
        NodeProcess[] others = [cluster.Prepare("dispatch,auth"), cluster.Prepare("push"), cluster.Prepare("push,auth")];
        foreach (NodeProcess node in others)
            node.Launch();
        foreach (NodeProcess node in others)
            await Eventually.BecomesTrueAsync(node.IsReadyAsync, $"the node on port {node.Port} is ready");
        push = others[1..];
    }

    [TearDown]
    public async Task StopAsync()
    {
        if (cluster is not null)
            await cluster.DisposeAsync();
    }

    [Test]
    public async Task EveryMessage_ReachesEveryDevice_WhateverNodeItIsOn()
    {
        using var producer = new Producer(collect.Address);
        await using TestClient phone = await ConnectAsync(0, "alice", "phone", "&topics=news");
        await using TestClient laptop = await ConnectAsync(1, "alice", "laptop", "&topics=news");
        await using TestClient other = await ConnectAsync(1, "bob", "phone");

        await producer.PushToAsync("alice", "1");
        await producer.PushAsync("\"topic\":\"news\"", "2");
        await producer.PushAsync("\"broadcast\":true", "3");
        (_, JsonElement ephemeral) = await producer.PostAsync("""{"userId":"alice","data":4,"ephemeral":true}""", "collect?wait=delivered");
        (_, JsonElement delivered) = await producer.PostAsync("""{"userId":"alice","data":5}""", "collect?wait=delivered");

        foreach (TestClient device in (TestClient[])[phone, laptop])
        {
            await device.WaitForMessagesAsync(5);
            Assert.That(device.Messages.Select(m => m.GetProperty("data").GetInt32()), Is.EquivalentTo(new[] { 1, 2, 3, 4, 5 }));
        }

        await other.WaitForMessagesAsync(1);
        Assert.That(other.Messages.Select(m => m.GetProperty("data").GetInt32()), Is.EqualTo(new[] { 3 }));
        Assert.That((ephemeral.GetProperty("delivered").GetInt32(), delivered.GetProperty("delivered").GetInt32()), Is.EqualTo((2, 2)));
    }

    [Test]
    public async Task ADevice_GoesOnWhereItWas_OnAnotherNode()
    {
        using var producer = new Producer(collect.Address);
        await using (TestClient first = await ConnectAsync(0, "alice", "phone", "&ack=manual"))
        {
            await producer.PushToAsync("alice", "1");
            await producer.PushToAsync("alice", "2");
            await first.WaitForMessagesAsync(2);
            await first.SendAsync("""{"type":"ack","seq":1}""");
            await first.SendAsync("""{"type":"ping"}""");
            await first.WaitForAsync("pong");
            await first.CloseAsync();
        }

        await producer.PushToAsync("alice", "3");
        await Eventually.BecomesTrueAsync(
            async () =>
            {
                // The cursor is written a moment after it was acknowledged.
                await using TestClient second = await ConnectAsync(1, "alice", "phone", "&ack=manual");
                return second.Messages.Select(m => m.GetProperty("data").GetInt32()).SequenceEqual([2, 3]);
            },
            "the device goes on after what it acknowledged");
    }

    [Test]
    public async Task AMessage_IsShownWithTheDevicesThatHaveIt_WhateverNodeTheyAreOn_ByEveryNodeThatCollects()
    {
        NodeProcess[] collects = onMongo ? [collect, await cluster.AddAsync("collect")] : [collect];
        await using TestClient phone = await ConnectAsync(0, "alice", "phone", "&ack=manual");
        await using TestClient laptop = await ConnectAsync(1, "alice", "laptop", "&ack=manual");
        foreach (NodeProcess node in collects)
        {
            using var producer = new Producer(node.Address);
            await producer.PushToAsync("alice");
        }

        foreach (TestClient device in (TestClient[])[phone, laptop])
        {
            await device.WaitForMessagesAsync(collects.Length);
            await device.SendAsync("""{"type":"ack","seq":1}""");
        }

        foreach (NodeProcess node in collects)
        {
            using var http = new HttpClient { BaseAddress = node.Address };
            await Eventually.BecomesTrueAsync(async () => await DevicesAsync(http, 1) is ["laptop", "phone"], "both have acknowledged the first message");
            Assert.That(collects.Length == 1 || await DevicesAsync(http, 2) is [], "nobody has acknowledged the second one");
        }

        static async Task<string[]> DevicesAsync(HttpClient http, int seq) =>
            [.. JsonElement.Parse(await http.GetStringAsync($"messages/user:alice/{seq}")).GetProperty("acknowledged").EnumerateArray().Select(static d => d.GetProperty("device").GetString()!).Order()];
    }

    [Test]
    public async Task Presence_AndDisconnecting_AreAcrossNodes()
    {
        using var http = new HttpClient { BaseAddress = collect.Address };
        await using TestClient phone = await ConnectAsync(0, "alice", "phone");
        await using TestClient laptop = await ConnectAsync(1, "alice", "laptop");

        JsonElement presence = JsonElement.Parse(await http.GetStringAsync("users/alice"));
        Assert.That(presence.GetProperty("connections").EnumerateArray().Select(c => c.GetProperty("device").GetString()), Is.EquivalentTo(new[] { "phone", "laptop" }));

        using HttpResponseMessage answer = await http.PostAsync("users/alice/disconnect", null);
        Assert.That(JsonElement.Parse(await answer.Content.ReadAsStringAsync()).GetProperty("disconnected").GetInt32(), Is.EqualTo(2));
        await phone.WaitForEndAsync();
        await laptop.WaitForEndAsync();
        Assert.That((phone.CloseCode, laptop.CloseCode), Is.EqualTo((1000, 1000)));
        await Eventually.BecomesTrueAsync(async () => !JsonElement.Parse(await http.GetStringAsync("users/alice")).GetProperty("online").GetBoolean(), "alice is offline");
    }

    [Test]
    public async Task ARevokedUser_IsClosedOnEveryNode_AndComesInNowhere()
    {
        using var http = new HttpClient { BaseAddress = collect.Address };
        string old = Tokens.For("mallory", issued: DateTimeOffset.UtcNow.AddMinutes(-1));
        await using TestClient phone = await TestClient.ConnectAsync(push[0].Address, old, "device=phone");
        await using TestClient laptop = await TestClient.ConnectAsync(push[1].Address, old, "device=laptop");
        await phone.WaitForAsync("live");
        await laptop.WaitForAsync("live");

        using StringContent body = new("""{"userId":"mallory"}""");
        body.Headers.ContentType = null;
        long start = Environment.TickCount64;
        using HttpResponseMessage answer = await http.PostAsync("auth/revoke", body);
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        await phone.WaitForEndAsync();
        await laptop.WaitForEndAsync();

        Assert.That(Environment.TickCount64 - start, Is.LessThan(5000));
        Assert.That((phone.CloseCode, laptop.CloseCode), Is.EqualTo((4401, 4401)));
        foreach (NodeProcess node in push)
            await AssertRefusedAsync(node, old, $"{node.Address} lets nobody in with it");

        // A node that has never heard of it, after Redis has forgotten it too.
        await cluster.Redis.RestartAsync();
        NodeProcess late = await cluster.AddAsync("push");
        await AssertRefusedAsync(late, old, "a new node knows it from the store");
    }

    [Test]
    public async Task Sigterm_SendsClientsElsewhere_AndTheyMissNothing()
    {
        NodeProcess leaving = await cluster.AddAsync("push", "--Drain:Window", "00:00:02");
        using var producer = new Producer(collect.Address);
        var clients = new List<TestClient>();
        for (int i = 0; i < 20; i++)
        {
            TestClient client = await TestClient.ConnectAsync(leaving.Address, Tokens.For($"user{i}"), "device=phone");
            clients.Add(client);
            await client.WaitForAsync("live", $"user:user{i}");
        }

        long start = Environment.TickCount64;
        leaving.Terminate();
        await Eventually.BecomesTrueAsync(async () => !await leaving.IsReadyAsync(), "it is not ready any more");
        Assert.That(async () => await TestClient.ConnectAsync(leaving.Address, Tokens.For("late"), subprotocol: false), Throws.InstanceOf<WebSocketException>(), "no new connections");
        for (int i = 0; i < 20; i++)
            await producer.PushToAsync($"user{i}");
        int exitCode = await leaving.WaitForExitAsync();

        TestContext.Out.WriteLine($"drained 20 clients in {Environment.TickCount64 - start} ms");
        Assert.That(exitCode, Is.Zero, leaving.Output);
        for (int i = 0; i < 20; i++)
        {
            await clients[i].WaitForEndAsync();
            Assert.That(clients[i].CloseCode, Is.EqualTo(1012));
            Assert.That(clients[i].Frames.Any(f => f.GetProperty("type").GetString() == "reconnect"));
            await using TestClient again = await TestClient.ConnectAsync(push[i % 2].Address, Tokens.For($"user{i}"), "device=phone");
            if (!clients[i].Messages.Any())
                await again.WaitForMessagesAsync(1);
            await clients[i].DisposeAsync();
        }
    }

    [Test]
    public async Task ASecondSigterm_EndsItAtOnce()
    {
        NodeProcess leaving = await cluster.AddAsync("push", "--Drain:Window", "00:05:00");
        await using TestClient client = await TestClient.ConnectAsync(leaving.Address, Tokens.For("alice"), "device=phone");
        await using TestClient another = await TestClient.ConnectAsync(leaving.Address, Tokens.For("bob"), "device=phone");
        await client.WaitForAsync("live");
        await another.WaitForAsync("live");

        leaving.Terminate();
        await Eventually.BecomesTrueAsync(async () => !await leaving.IsReadyAsync(), "it is draining");
        leaving.Terminate();

        Assert.That(await leaving.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(10)), Is.EqualTo(1));
    }

    private static async Task AssertRefusedAsync(NodeProcess node, string token, string why)
    {
        int? code = null;
        await Eventually.BecomesTrueAsync(
            async () =>
            {
                await using TestClient client = await TestClient.ConnectAsync(node.Address, token);
                await client.WaitForEndAsync();
                Assert.That(client.Frames.Select(static f => f.GetProperty("type").GetString()), Has.All.EqualTo("reconnect"), $"{why}: {client.CloseReason}");
                code = client.CloseCode;
                // While nobody can verify the token, for a moment after Redis is back, it is told to come again.
                return code != 4503;
            },
            $"{why}, for good");
        Assert.That(code, Is.EqualTo(4401), why);
    }

    private async Task<TestClient> ConnectAsync(int node, string user, string device, string more = "")
    {
        TestClient client = await TestClient.ConnectAsync(push[node].Address, Tokens.For(user, ["*"]), $"device={device}{more}");
        await client.WaitForAsync("live", $"user:{user}");
        if (more.Contains("topics=", StringComparison.Ordinal))
            await client.WaitForAsync("live", "topic:news");
        await client.WaitForAsync("live", "all");
        return client;
    }

    [Test]
    public async Task ARevokedToken_IsRefusedByEveryNodeThatVerifies_ThoughRedisHasForgotten()
    {
        NodeProcess auth = await cluster.AddAsync("auth");
        using var revoking = new Producer(collect.Address);
        using var asking = new Producer(auth.Address);
        string token = Tokens.For("alice");
        await Eventually.BecomesTrueAsync(async () => (await VerifyAsync()) == HttpStatusCode.OK, "the token is taken");

        await revoking.PostAsync("""{"userId":"alice"}""", "auth/revoke");
        Assert.That(await VerifyAsync(), Is.EqualTo(HttpStatusCode.Unauthorized));
        await revoking.PostAsync("""{"userId":"bob"}""", "auth/revoke");
        await cluster.Redis.CommandAsync("FLUSHALL");
        token = Tokens.For("bob", issued: DateTimeOffset.UtcNow - TimeSpan.FromMinutes(1));
        await Eventually.BecomesTrueAsync(async () => (await VerifyAsync()) == HttpStatusCode.Unauthorized, "what the copy has lost the store tells");

        async Task<HttpStatusCode> VerifyAsync() => (await asking.PostAsync($$"""{"token":"{{token}}"}""", "auth/verify")).Status;
    }
}
