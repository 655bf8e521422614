using System.Net;
using System.Text.Json;
using PushNode.Tests.Support;

namespace PushNode.Tests.Journeys.Cluster;

/// <summary>Who asks about a user, or has one disconnected, is told when a node did not answer.</summary>
internal sealed class UnansweredTests
{
    [Test]
    public async Task APushNodeThatHangs_IsNamed_AndNobodyCountsAsOfflineForIt_UntilItIsDead()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        string[] addresses = [$"127.0.0.1:{Ports.Next()}", $"127.0.0.1:{Ports.Next()}"];
        string[] lifetime = ["--Redis:NodeLifetime", "00:00:15"];
        NodeProcess collect = cluster.Prepare("auth,collect", lifetime);
        // It waits half of its timeout for each answer: all is asked while the node still counts as live.
        NodeProcess dispatch = cluster.Prepare("dispatch", [.. lifetime, "--Cluster:Timeout", "00:00:02"]);
        NodeProcess[] push = [.. addresses.Select(address => cluster.Prepare("push", [.. lifetime, "--Cluster:Listen", $"http://{address}"]))];
        await StartAsync([collect, dispatch, .. push]);
        using var http = new HttpClient { BaseAddress = collect.Address };
        await using TestClient only = await ConnectAsync(push[0], "alice"), first = await ConnectAsync(push[0], "bob"), second = await ConnectAsync(push[1], "bob");
        await using TestClient mallory = await ConnectAsync(push[0], "mallory", DateTimeOffset.UtcNow.AddMinutes(-1));

        push[0].Pause();
        string[] silent = [addresses[0]];
        (HttpStatusCode status, JsonElement answer) = await AskAsync(http, "users/alice");
        Assert.That((status, answer.GetProperty("code").GetString()), Is.EqualTo((HttpStatusCode.ServiceUnavailable, "unanswered")));
        Assert.That(Unanswered(answer), Is.EqualTo(silent));
        (status, answer) = await AskAsync(http, "users/bob");
        Assert.That((status, answer.GetProperty("online").GetBoolean(), answer.GetProperty("connections").GetArrayLength()), Is.EqualTo((HttpStatusCode.OK, true, 1)));
        Assert.That(Unanswered(answer), Is.EqualTo(silent));
        (status, answer) = await AskAsync(http, "users/nobody");
        Assert.That((status, answer.GetProperty("online").GetBoolean(), Unanswered(answer).Length), Is.EqualTo((HttpStatusCode.OK, false, 0)), "who has no route there is not there");

        (status, answer) = await AskAsync(http, "users/bob/disconnect", "");
        Assert.That((status, answer.GetProperty("code").GetString()), Is.EqualTo((HttpStatusCode.ServiceUnavailable, "unanswered")));
        Assert.That(Unanswered(answer), Is.EqualTo(silent));
        await second.WaitForEndAsync();
        (status, answer) = await AskAsync(http, "auth/revoke", """{"userId":"mallory"}""");
        Assert.That(status, Is.EqualTo(HttpStatusCode.OK), "it is kept");
        Assert.That(Unanswered(answer), Is.EqualTo(silent));

        push[0].Continue();
        await mallory.WaitForEndAsync();
        Assert.That(mallory.CloseCode, Is.EqualTo(4401), "it has learned");
        await Eventually.BecomesTrueAsync(async () => (await AskAsync(http, "users/bob/disconnect", "")).Status == HttpStatusCode.OK, "it can be repeated");
        await first.WaitForEndAsync();

        await push[0].KillAsync();
        await Eventually.BecomesTrueAsync(async () => (await AskAsync(http, "users/alice")).Status == HttpStatusCode.OK, "a dead node is nobody's", TimeSpan.FromSeconds(40));
        (_, answer) = await AskAsync(http, "users/alice");
        Assert.That((answer.GetProperty("online").GetBoolean(), Unanswered(answer).Length), Is.EqualTo((false, 0)));
        (status, answer) = await AskAsync(http, "users/alice/disconnect", "");
        Assert.That((status, answer.GetProperty("disconnected").GetInt32()), Is.EqualTo((HttpStatusCode.OK, 0)));
    }

    [Test]
    public async Task WithoutRedis_NobodyIsSaidToBeOffline()
    {
        await using TestCluster cluster = await TestCluster.StartAsync();
        await using var toRedis = new TestLink(cluster.Redis.Port);
        NodeProcess push = cluster.Prepare("push,auth");
        NodeProcess collect = cluster.Prepare("collect,dispatch", "--Redis:Connection", $"127.0.0.1:{toRedis.Port}");
        await StartAsync(push, collect);
        using var http = new HttpClient { BaseAddress = collect.Address };
        await using TestClient alice = await ConnectAsync(push, "alice");
        string[] redis = ["redis"];

        toRedis.State = LinkState.Cut;
        await Eventually.BecomesTrueAsync(async () => Unanswered((await AskAsync(http, "users/alice")).Answer).Length > 0, "Redis is missed");
        (HttpStatusCode status, JsonElement answer) = await AskAsync(http, "users/alice");
        Assert.That((status, answer.GetProperty("online").GetBoolean()), Is.EqualTo((HttpStatusCode.OK, true)), "the nodes that are known are asked");
        Assert.That(Unanswered(answer), Is.EqualTo(redis));
        Assert.That((await AskAsync(http, "users/bob")).Status, Is.EqualTo(HttpStatusCode.ServiceUnavailable), "there may be others");

        await collect.KillAsync();
        collect.Launch();
        await Eventually.BecomesTrueAsync(() => collect.Output.Split("listens on").Length > 2, "the collect node listens again");
        foreach ((string path, string? body) in new (string, string?)[] { ("users/alice", null), ("users/alice/disconnect", "") })
        {
            (status, answer) = await AskAsync(http, path, body);
            Assert.That((status, answer.GetProperty("code").GetString()), Is.EqualTo((HttpStatusCode.ServiceUnavailable, "unanswered")), path);
            Assert.That(Unanswered(answer), Is.EqualTo(redis), path);
        }

        toRedis.State = LinkState.Open;
        await Eventually.BecomesTrueAsync(async () => (await AskAsync(http, "users/alice")).Status == HttpStatusCode.OK, "it is known again");
        (_, answer) = await AskAsync(http, "users/alice");
        Assert.That((answer.GetProperty("online").GetBoolean(), Unanswered(answer).Length), Is.EqualTo((true, 0)));
    }

    private static async Task StartAsync(params NodeProcess[] nodes)
    {
        foreach (NodeProcess node in nodes)
            node.Launch();
        foreach (NodeProcess node in nodes)
            await Eventually.BecomesTrueAsync(node.IsReadyAsync, $"the node on port {node.Port} is ready", TimeSpan.FromSeconds(40));
    }

    private static async Task<TestClient> ConnectAsync(NodeProcess node, string user, DateTimeOffset? issued = null)
    {
        TestClient client = await TestClient.ConnectAsync(node.Address, Tokens.For(user, issued: issued), "device=phone");
        await client.WaitForAsync("live", $"user:{user}");
        return client;
    }

    /// <summary>Gets, or posts where there is a body.</summary>
    private static async Task<(HttpStatusCode Status, JsonElement Answer)> AskAsync(HttpClient http, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(body is null ? HttpMethod.Get : HttpMethod.Post, path) { Content = body is null ? null : new StringContent(body, null, "application/json") };
        using HttpResponseMessage response = await http.SendAsync(request);
        Assert.That(response.Headers.RetryAfter is not null, Is.EqualTo(response.StatusCode == HttpStatusCode.ServiceUnavailable), "Retry-After");
        return (response.StatusCode, JsonElement.Parse(await response.Content.ReadAsStringAsync()));
    }

    private static string[] Unanswered(JsonElement answer) =>
        answer.TryGetProperty("unanswered", out JsonElement nodes) ? [.. nodes.EnumerateArray().Select(static n => n.GetString()!)] : [];
}
