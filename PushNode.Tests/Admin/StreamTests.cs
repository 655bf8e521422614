using System.Net;
using System.Text.Json;
using PushNode.Admin.Status;
using PushNode.Tests.Hosting;
using PushNode.Tests.Support;

namespace PushNode.Tests.Admin;

/// <summary>The admin stream of a node alone.</summary>
internal sealed class StreamTests
{
    private const string Key = "an-admin-key-of-the-tests";
    private const string Secret = "0123456789abcdef0123456789abcdef";

    [TestCase(null, null, HttpStatusCode.OK)]
    [TestCase(Key, Key, HttpStatusCode.OK)]
    [TestCase(Key, null, HttpStatusCode.Unauthorized)]
    [TestCase(Key, "another-key-than-that-one", HttpStatusCode.Unauthorized)]
    public async Task Stream_IsForWhoeverHasTheKey(string? key, string? shown, HttpStatusCode status)
    {
        await using RunningNode node = await RunningNode.StartAsync(key is null ? [] : [$"Admin:Key={key}"]);

        await using SseClient stream = await SseClient.WatchAsync(node.Http.BaseAddress!, shown);

        Assert.That(stream.Response.StatusCode, Is.EqualTo(status));
        if (status != HttpStatusCode.OK)
            return;
        Assert.That(stream.Response.Content.Headers.ContentType!.MediaType, Is.EqualTo("text/event-stream"));
        await stream.WaitForAsync("status");
        Assert.That(stream.Events.First().Name, Is.EqualTo("history"));
    }

    [Test]
    public async Task Stream_FromAForeignPage_OrWithAParameter_IsRefused()
    {
        await using RunningNode node = await RunningNode.StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "admin/stream") { Headers = { { "Origin", "https://evil.example" } } };

        using HttpResponseMessage foreign = await node.Http.SendAsync(request);
        using HttpResponseMessage unknown = await node.Http.GetAsync(new Uri("admin/stream?interval=5", UriKind.Relative));

        Assert.That((foreign.StatusCode, unknown.StatusCode), Is.EqualTo((HttpStatusCode.Forbidden, HttpStatusCode.BadRequest)));
    }

    [Test]
    public async Task Counts_AreThoseOfWhatWasSent()
    {
        await using RunningNode node = await RunningNode.StartAsync([$"Auth:Jwt:Secret={Tokens.Secret}"]);
        using var producer = new Producer(node.Http.BaseAddress!);
        await using SseClient stream = await SseClient.WatchAsync(node.Http.BaseAddress!);
        await stream.WaitForAsync("status");
        await producer.PushToAsync("alice");
        await using TestClient first = await TestClient.ConnectAsync(node.Http.BaseAddress!, Tokens.For("alice"), "device=phone");
        await using SseClient second = await SseClient.ConnectAsync(node.Http.BaseAddress!, Tokens.For("alice"), "device=tab");
        await first.WaitForAsync("live", "user:alice");
        await second.WaitForLiveAsync("user:alice");

        for (int i = 0; i < 10; i++)
            await producer.PushToAsync("alice");
        await producer.PostAsync("""{"userId":"alice","data":1,"ephemeral":true}""");
        await producer.PostAsync("""{"userId":"nobody","data":1}""");
        await producer.PostAsync("""{"nonsense":1}""");
        await using (SseClient refused = await SseClient.ConnectAsync(node.Http.BaseAddress!, "no-token"))
            Assert.That(refused.Response.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized));

        string[] counts = ["accepted", "delivered", "replayed", "dropped", "refused"];
        long[] expected = [13, 22, 2, 0, 2];
        await Eventually.BecomesTrueAsync(() => Sum(stream, "refused") == 2 && Sum(stream, "delivered") >= 22, "all is counted");
        Assert.That(counts.Select(c => Sum(stream, c)), Is.EqualTo(expected), string.Join(", ", counts));
        JsonElement last = (await stream.WaitForAsync("status", static e => Point(e).GetProperty("connections").GetInt32() == 2)).Json;
        SseEvent busy = await stream.WaitForAsync("status", static e => Point(e).GetProperty("delivered").GetInt32() > 0);
        Assert.That(Point(busy).GetProperty("p50").GetDouble(), Is.InRange(0.01, 20_000));
        Assert.That(Point(busy).GetProperty("p99").GetDouble(), Is.GreaterThanOrEqualTo(Point(busy).GetProperty("p50").GetDouble()));
        AssertIsOneNode(last);
    }

    [Test]
    public async Task TheThirtyThirdStream_IsRefused_UntilOneEnds()
    {
        await using RunningNode node = await RunningNode.StartAsync();
        var open = new List<SseClient>();
        try
        {
            for (int i = 0; i < StatusFeed.MaxStreams; i++)
                open.Add(await SseClient.WatchAsync(node.Http.BaseAddress!));
            await using SseClient tooMany = await SseClient.WatchAsync(node.Http.BaseAddress!);

            Assert.That(open.Select(static s => s.Response.StatusCode), Is.All.EqualTo(HttpStatusCode.OK));
            Assert.That(tooMany.Response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
            Assert.That(tooMany.Response.Headers.RetryAfter, Is.Not.Null);

            await open[0].DisposeAsync();
            open.RemoveAt(0);
            await Eventually.BecomesTrueAsync(
                async () =>
                {
                    await using SseClient again = await SseClient.WatchAsync(node.Http.BaseAddress!);
                    return again.Response.IsSuccessStatusCode;
                },
                "there is room again");
        }
        finally
        {
            foreach (SseClient stream in open)
                await stream.DisposeAsync();
        }
    }

    [Test]
    public async Task WhenTheNodeStops_ItsClientsLeaveFirst_ThenTheStreamCloses()
    {
        await using RunningNode node = await RunningNode.StartAsync([$"Auth:Jwt:Secret={Tokens.Secret}", "Drain:Window=00:00:03"]);
        await using SseClient stream = await SseClient.WatchAsync(node.Http.BaseAddress!);
        await using TestClient first = await TestClient.ConnectAsync(node.Http.BaseAddress!, Tokens.For("alice"), "device=phone");
        await using TestClient second = await TestClient.ConnectAsync(node.Http.BaseAddress!, Tokens.For("bob"));
        await second.WaitForAsync("live", "user:bob");

        Task stopping = node.App.StopAsync();
        SseEvent draining = await stream.WaitForAsync("status", static e => Node(e).GetProperty("state").GetString() == "draining");
        await stream.WaitForAsync("close");
        await Eventually.BecomesTrueAsync(() => stream.HasEnded, "the stream ends");

        Assert.That(Node(draining).GetProperty("ready").GetString(), Is.EqualTo("node: draining"));
        Assert.That(stream.Events.Last().Name, Is.EqualTo("close"));
        await stopping;
    }

    [Test]
    public async Task TheAdminKey_OpensWhatProducersKeysOpen()
    {
        await using RunningNode node = await RunningNode.StartAsync([$"Admin:Key={Key}", $"Collect:ApiKeys={Secret}", $"Auth:Jwt:Secret={Secret}", "Collect:MaxMessagesPerSecond=1000"]);
        (HttpMethod, string, string)[] requests =
        [
            (HttpMethod.Post, "collect", """{"userId":"alice","data":1}"""),
            (HttpMethod.Post, "collect/batch", """{"userId":"alice","data":1}"""),
            (HttpMethod.Get, "users/alice", ""),
            (HttpMethod.Get, "users/alice/devices", ""),
            (HttpMethod.Get, "messages/user:alice/1", ""),
            (HttpMethod.Post, "users/alice/disconnect", ""),
            (HttpMethod.Post, "auth/revoke", """{"userId":"alice"}"""),
        ];
        foreach ((HttpMethod method, string path, string body) in requests)
        {
            Assert.That((int)await SendAsync(node, method, path, body, Key), Is.InRange(200, 202), path);
            Assert.That((int)await SendAsync(node, method, path, body, Secret), Is.InRange(200, 202), path);
            Assert.That(await SendAsync(node, method, path, body, "another-key-than-those-two"), Is.EqualTo(HttpStatusCode.Unauthorized), path);
        }

        Assert.That(await SendAsync(node, HttpMethod.Get, "admin/stream", "", Secret), Is.EqualTo(HttpStatusCode.Unauthorized), "a producer is no admin");
    }

    private static async Task<HttpStatusCode> SendAsync(RunningNode node, HttpMethod method, string path, string body, string key)
    {
        using var request = new HttpRequestMessage(method, path) { Headers = { Authorization = new("Bearer", key) } };
        if (body.Length > 0)
            request.Content = new StringContent(body);
        if (request.Content is not null)
            request.Content.Headers.ContentType = new(path == "collect/batch" ? "application/x-ndjson" : "application/json");
        using HttpResponseMessage answer = await node.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        return answer.StatusCode;
    }

    private static void AssertIsOneNode(JsonElement status)
    {
        Assert.That(status.GetProperty("cluster").GetString(), Is.EqualTo("alone"));
        Assert.That(status.GetProperty("redis").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(status.GetProperty("store").GetProperty("kind").GetString(), Is.EqualTo("journal"));
        Assert.That(status.GetProperty("store").GetProperty("epoch").GetString(), Is.Not.Empty);
        JsonElement node = status.GetProperty("nodes").EnumerateArray().Single();
        Assert.That((node.GetProperty("address").GetString(), node.GetProperty("self").GetBoolean(), node.GetProperty("state").GetString()), Is.EqualTo(("local", true, "up")));
        Assert.That(node.GetProperty("roles").EnumerateArray().Select(static r => r.GetString()), Is.EqualTo(new[] { "auth", "collect", "dispatch", "push" }));
        Assert.That(node.GetProperty("memory").GetInt64(), Is.GreaterThan(10_000_000));
        Assert.That(node.GetProperty("cores").GetInt32(), Is.EqualTo(Environment.ProcessorCount));
        Assert.That(node.GetProperty("cpu").GetDouble(), Is.InRange(0, Environment.ProcessorCount + 0.5));
    }

    private static JsonElement Point(SseEvent status) => status.Json.GetProperty("point");

    private static JsonElement Node(SseEvent status) => status.Json.GetProperty("nodes")[0];

    private static long Sum(SseClient stream, string count) => stream.Events
        .SelectMany(static e => e.Name == "status" ? [Point(e)] : e.Json.GetProperty("points").EnumerateArray().ToArray())
        .Sum(p => p.GetProperty(count).GetInt64());
}
