using System.Net;
using System.Net.WebSockets;
using System.Text.Json;
using PushNode.Tests.Support;

namespace PushNode.Tests.Push;

/// <summary>Who may connect, and how a refusal is told: as a problem, or to a client that knows our codes as a close.</summary>
internal sealed class AdmissionTests
{
    private static readonly DateTimeOffset Yesterday = DateTimeOffset.UtcNow.AddDays(-1);

    private static IEnumerable<TestCaseData> Refusals()
    {
        string token = Tokens.For("eve", ["news"]);
        yield return Case("NoToken", "", "", 401, "token");
        yield return Case("Nonsense", "x", "", 401, "");
        yield return Case("Expired", Tokens.For("eve", issued: Yesterday), "", 401, "expired");
        yield return Case("WrongKey", Tokens.Sign(new() { ["sub"] = "eve", ["exp"] = 9_999_999_999 }, "another-secret-with-at-least-32-bytes!!"), "", 401, "signature");
        yield return Case("BadDevice", token, "device=a%20b", 400, "device");
        yield return Case("BadAfter", token, "after=-1", 400, "after");
        yield return Case("AfterNoNumber", token, "after=ten", 400, "after");
        yield return Case("AfterTooLarge", token, "after=9007199254740992", 400, "2^53");
        yield return Case("BadAll", token, "all=x", 400, "all");
        yield return Case("BadAck", token, "ack=sometimes", 400, "ack");
        yield return Case("BadTopics", token, "topics=a,,b", 400, "topics");
        yield return Case("BadTopicSeq", token, "topics=news:x", 400, "news");
        yield return Case("TopicTwice", token, "topics=news,news", 400, "twice");
        yield return Case("UnknownParameter", token, "afer=1", 400, "afer");
        yield return Case("ParameterTwice", token, "after=1&after=2", 400, "after");
        yield return Case("ForbiddenTopic", token, "topics=secret", 403, "secret");

        static TestCaseData Case(string name, string token, string query, int status, string part) =>
            new TestCaseData(token, query, status, part).SetName($"Refused_{name}");
    }

    [TestCaseSource(nameof(Refusals))]
    public async Task Refused(string token, string query, int status, string part)
    {
        NodeProcess node = await SharedNode.GetAsync();

        await using TestClient client = await TestClient.ConnectAsync(node.Address, token, query);
        await client.WaitForEndAsync();
        WebSocketException? plain = await Assert.ThrowsAsync<WebSocketException>(async () => await TestClient.ConnectAsync(node.Address, token, query, subprotocol: false));
        await using SseClient sse = await SseClient.ConnectAsync(node.Address, token, query);

        Assert.That(client.CloseCode, Is.EqualTo(4000 + status), client.CloseReason);
        Assert.That(client.CloseReason, Does.Contain(part));
        Assert.That(plain?.Message, Does.Contain($"'{status}'"));
        Assert.That((int)sse.Response.StatusCode, Is.EqualTo(status));
        JsonElement problem = JsonDocument.Parse(await sse.Response.Content.ReadAsStringAsync()).RootElement;
        Assert.That(problem.GetProperty("detail").GetString(), Does.Contain(part));
        if (token.Length > 1)
            Assert.That(problem.ToString(), Does.Not.Contain(token));
    }

    [Test]
    public async Task PlainGet_IsToldToUpgrade()
    {
        NodeProcess node = await SharedNode.GetAsync();
        using var http = new HttpClient();

        using HttpResponseMessage response = await http.GetAsync(new Uri(node.Address, "push"));

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.UpgradeRequired));
        Assert.That(response.Headers.Upgrade.ToString(), Is.EqualTo("websocket"));
        Assert.That(response.Headers.Connection, Is.EqualTo(new[] { "Upgrade", "close" }));
    }

    [TestCase("8", "dGhlIHNhbXBsZSBub25jZQ==", "426")]
    [TestCase("13", "dGhlIHNhbXBsZQ==", "400")]
    [TestCase("13", "not base64 but 24 chars!", "400")]
    public async Task BadHandshake_IsRefused(string version, string key, string status)
    {
        NodeProcess node = await SharedNode.GetAsync();
        await using RawWebSocket socket = await RawWebSocket.OpenAsync(node.Address);

        await socket.SendTextAsync($"GET /push HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: {version}\r\nSec-WebSocket-Key: {key}\r\n\r\n");

        Assert.That(await socket.ReadHeadAsync(), Does.StartWith($"HTTP/1.1 {status}"));
    }

    [TestCase("Connection: Upgrade\r\nUpgrade: websocket\r\n", "HTTP/1.1 400")]
    [TestCase("", "HTTP/1.1 426")]
    public async Task Http10_OpensNoWebSocket(string headers, string status)
    {
        NodeProcess node = await SharedNode.GetAsync();
        await using RawWebSocket socket = await RawWebSocket.OpenAsync(node.Address);

        await socket.SendTextAsync(
            $"GET /push?token={Tokens.For("eve")} HTTP/1.0\r\nHost: 127.0.0.1\r\n{headers}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");

        Assert.That(await socket.ReadHeadAsync(), Does.StartWith(status).And.Not.Contain("Upgrade:"));
    }

    [Test]
    public async Task TooManyConnections_OfAUserOrOnTheNode_AreRefused()
    {
        await using NodeProcess node = await NodeProcess.StartAsync("--Push:MaxConnectionsPerUser", "1", "--Push:MaxConnections", "2");
        await using TestClient first = await TestClient.ConnectAsync(node.Address, Tokens.For("alice"));
        await first.WaitForAsync("live", "all");

        await using TestClient second = await TestClient.ConnectAsync(node.Address, Tokens.For("alice"));
        await second.WaitForEndAsync();
        await using TestClient other = await ConnectWhenThereIsRoomAsync(node, "bob");
        await using TestClient third = await TestClient.ConnectAsync(node.Address, Tokens.For("carol"));
        await third.WaitForEndAsync();

        Assert.That(second.CloseCode, Is.EqualTo(4429));
        Assert.That(third.CloseCode, Is.EqualTo(4503));
    }

    // A client that was refused hears so a moment before its place is free.
    private static async Task<TestClient> ConnectWhenThereIsRoomAsync(NodeProcess node, string user)
    {
        TestClient? client = null;
        await Eventually.BecomesTrueAsync(
            async () =>
            {
                if (client is not null)
                    await client.DisposeAsync();
                client = await TestClient.ConnectAsync(node.Address, Tokens.For(user));
                await Eventually.BecomesTrueAsync(() => client.HasEnded || client.Frames.Any(static f => f.GetProperty("type").GetString() == "live"), "it is let in or refused");
                return !client.HasEnded;
            },
            "there is room");
        return client!;
    }

    [TestCase("--Push:AllowedOrigins:0")]
    [TestCase("--Push:AllowedOrigins")]
    public async Task ForeignOrigin_IsRefused_WhereOriginsAreNamed(string option)
    {
        await using NodeProcess node = await NodeProcess.StartAsync(option, "https://app.example.com");
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(node.Address, $"push/sse?token={Tokens.For("alice")}"));
        request.Headers.Add("Origin", "https://evil.example.com");

        using HttpResponseMessage response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
    }

    [Test]
    public async Task ExpiredWhileConnected_IsClosed_UnlessRefreshed()
    {
        NodeProcess node = await SharedNode.GetAsync();
        // Its end has come 25 s ago: for 5 s it is within the clock skew.
        string shortLived = Tokens.For("ann", ["news", "gone"], lifetime: TimeSpan.FromSeconds(-25));
        await using TestClient careless = await TestClient.ConnectAsync(node.Address, shortLived);
        await using TestClient careful = await TestClient.ConnectAsync(node.Address, shortLived, "topics=news,gone");
        await careless.WaitForAsync("live", "all");
        await careful.WaitForAsync("live", "topic:gone");

        await careful.SendAsync($$"""{"type":"auth","token":"{{Tokens.For("somebody-else")}}"}""");
        Assert.That((await careful.WaitForAsync("error")).GetProperty("code").GetString(), Is.EqualTo("auth_other_user"));
        await careful.SendAsync($$"""{"type":"auth","token":"{{Tokens.For("ann", ["news"])}}"}""");
        JsonElement ended = await careful.WaitForAsync("unsubscribed");

        await careless.WaitForEndAsync();
        Assert.That((careless.CloseCode, careless.CloseReason), Is.EqualTo((4401, "the token has expired")));
        Assert.That(ended.GetProperty("topic").GetString(), Is.EqualTo("gone"), "a topic that the new token does not allow");
        await careful.SendAsync("""{"type":"ping"}""");
        await careful.WaitForAsync("pong");
    }

    [Test]
    public async Task Revoked_IsClosedAndKeptOut_ANewerTokenIsNot_AlsoAfterARestart()
    {
        await using NodeProcess node = await NodeProcess.StartAsync();
        using var producer = new Producer(node.Address);
        string old = Tokens.For("alice", issued: DateTimeOffset.UtcNow.AddSeconds(-5));
        await using TestClient client = await TestClient.ConnectAsync(node.Address, old);
        await using TestClient bystander = await TestClient.ConnectAsync(node.Address, Tokens.For("bob", issued: DateTimeOffset.UtcNow.AddSeconds(-5)));
        await client.WaitForAsync("live", "all");
        await bystander.WaitForAsync("live", "all");

        (HttpStatusCode status, _) = await producer.PostAsync("""{"userId":"alice"}""", "auth/revoke");
        await client.WaitForEndAsync();
        await node.KillAsync();
        await node.StartAsync();
        await using TestClient again = await TestClient.ConnectAsync(node.Address, old);
        await again.WaitForEndAsync();
        await using TestClient fresh = await TestClient.ConnectAsync(node.Address, Tokens.For("alice", issued: DateTimeOffset.UtcNow.AddSeconds(2)));
        await fresh.WaitForAsync("live", "all");

        Assert.That(status, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((client.CloseCode, client.CloseReason), Is.EqualTo((4401, "the token has been revoked: it was issued before its user was revoked, or within the same second")));
        Assert.That(again.CloseCode, Is.EqualTo(4401));
        Assert.That(bystander.CloseCode, Is.Null);
    }
}
