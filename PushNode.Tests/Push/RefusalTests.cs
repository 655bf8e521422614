using System.Net;
using PushNode.Tests.Support;

namespace PushNode.Tests.Push;

/// <summary>What a page learns of a refusal, and what pages of other origins may do.</summary>
internal sealed class RefusalTests
{
    [Test]
    public async Task RefusedForNow_IsToldWhenToComeBack_BeforeTheClose()
    {
        await using NodeProcess node = await NodeProcess.StartAsync("--Push:MaxConnectionsPerUser", "1");
        await using TestClient first = await TestClient.ConnectAsync(node.Address, Tokens.For("alice"));
        await first.WaitForAsync("live", "user:alice");

        await using TestClient second = await TestClient.ConnectAsync(node.Address, Tokens.For("alice"));
        await second.WaitForEndAsync();
        await using TestClient forever = await TestClient.ConnectAsync(node.Address, "nonsense");
        await forever.WaitForEndAsync();

        Assert.That(second.CloseCode, Is.EqualTo(4429));
        Assert.That(second.Frames.Select(static f => f.ToString()), Is.EqualTo(new[] { """{"type":"reconnect","afterMs":5000}""" }));
        Assert.That((forever.CloseCode, forever.Frames.Count), Is.EqualTo((4401, 0)), "what waiting does not help against has no time");
    }

    [TestCase("https://app.example.com", HttpStatusCode.Unauthorized)]
    [TestCase("https://evil.example.com", HttpStatusCode.Forbidden)]
    public async Task Preflight_Passes_SoThatThePageCanReadHowItsRequestIsAnswered(string origin, HttpStatusCode status)
    {
        await using NodeProcess node = await NodeProcess.StartAsync("--Push:AllowedOrigins:0", "https://app.example.com");
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Options, new Uri(node.Address, "push/sse"));
        request.Headers.Add("Origin", origin);
        request.Headers.Add("Access-Control-Request-Method", "GET");
        request.Headers.Add("Access-Control-Request-Headers", "authorization,last-event-id");

        using HttpResponseMessage preflight = await http.SendAsync(request);
        using var get = new HttpRequestMessage(HttpMethod.Get, request.RequestUri);
        get.Headers.Add("Origin", origin);
        using HttpResponseMessage response = await http.SendAsync(get);

        Assert.That((preflight.StatusCode, response.StatusCode), Is.EqualTo((HttpStatusCode.NoContent, status)));
        Assert.That(Header(preflight, "Access-Control-Allow-Headers"), Is.EqualTo("Authorization, Last-Event-ID"));
        Assert.That((Header(preflight, "Access-Control-Allow-Origin"), Header(response, "Access-Control-Allow-Origin")), Is.EqualTo((origin, origin)));

        static string? Header(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out IEnumerable<string>? values) ? values.Single() : null;
    }
}
