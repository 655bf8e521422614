using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using PushNode.Transport;

namespace PushNode.Tests.Transport;

/// <summary>What is read without the web server: nothing that the web server would refuse, or read otherwise.</summary>
internal sealed class UpgradeRequestTests
{
    private const string Usual =
        "GET /push?device=a HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: pushnode.v1, bearer.x.y.z\r\nAuthorization: Bearer x.y.z\r\nOrigin: http://a.example\r\n"
        + "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\nUser-Agent: a (b; c) d/1.0\r\n\r\n";

    [Test]
    public void Usual_IsRead()
    {
        byte[] bytes = Encoding.ASCII.GetBytes(Usual + "\u0001frames");

        Assert.That(UpgradeRequest.TryRead(bytes, out UpgradeRequest request), Is.True);
        Assert.That(request.Length, Is.EqualTo(Usual.Length));
        Assert.That(
            Parts(request),
            Is.EqualTo("/push?device=a|127.0.0.1|dGhlIHNhbXBsZSBub25jZQ==|pushnode.v1, bearer.x.y.z|Bearer x.y.z|http://a.example"));
    }

    [TestCase("GET /push", "GET http://a/push")]
    [TestCase("GET", "POST")]
    [TestCase("GET", "get")]
    [TestCase("HTTP/1.1", "HTTP/1.0")]
    [TestCase("?device=a", "?device=a#b")]
    [TestCase("?device=a", "?device=\u00e4")]
    [TestCase("/push", "/pu sh")]
    [TestCase("\r\nHost: 127.0.0.1:8080", "")]
    [TestCase("127.0.0.1:8080", "")]
    [TestCase("127.0.0.1:8080", "a:b")]
    [TestCase("127.0.0.1:8080", "a:")]
    [TestCase("127.0.0.1:8080", "a:1:2")]
    [TestCase("127.0.0.1:8080", "[::1")]
    [TestCase("127.0.0.1:8080", "[]")]
    [TestCase("127.0.0.1:8080", "a/b")]
    [TestCase("Origin: http://a.example", "Host: b")]
    [TestCase("Origin: http://a.example", "Content-Length: 0")]
    [TestCase("Origin: http://a.example", "Transfer-Encoding: chunked")]
    [TestCase("Origin: http://a.example", "Expect: 100-continue")]
    [TestCase("Origin: http://a.example", "Authorization: Bearer other")]
    [TestCase("Origin: http://a.example", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")]
    [TestCase("Origin: http://a.example", "Sec-WebSocket-Protocol: b")]
    [TestCase("Origin: http://a.example", " folded")]
    [TestCase("Origin: http://a.example", "Origin : http://a.example")]
    [TestCase("Origin: http://a.example", "no colon")]
    [TestCase("Origin: http://a.example", "X: a\tb")]
    [TestCase("Origin: http://a.example", "X: \u00e4")]
    [TestCase("Origin: http://a.example\r\n", "Origin: http://a.example\n")]
    [TestCase("keep-alive, Upgrade", "close, Upgrade")]
    [TestCase("keep-alive, Upgrade", "keep-alive")]
    [TestCase("Upgrade: websocket", "Upgrade: websocket, h2c")]
    [TestCase("Upgrade: websocket", "Upgrade: h2c")]
    [TestCase("Version: 13", "Version: 8")]
    [TestCase("dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZQ==")]
    [TestCase("pushnode.v1, bearer", "\"pushnode.v1\", bearer")]
    [TestCase("\r\n\r\n", "\r\n")]
    public void Unusual_IsLeftToTheWebServer(string part, string instead)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(Usual.Replace(part, instead, StringComparison.Ordinal));

        Assert.That(UpgradeRequest.TryRead(bytes, out _), Is.False);
    }

    [Test]
    public void WhateverIsCutOff_IsNotRead()
    {
        for (int length = 0; length < Usual.Length; length++)
            Assert.That(UpgradeRequest.TryRead(Encoding.ASCII.GetBytes(Usual[..length]), out _), Is.False);
    }

    [Test]
    public async Task WhatIsRead_TheWebServerReadsToo_WithTheSameMeaning()
    {
        await using WebServerReading server = await WebServerReading.StartAsync(static context =>
        {
            Assert.That(context.Features.GetRequiredFeature<IHttpUpgradeFeature>().IsUpgradableRequest);
            IHeaderDictionary headers = context.Request.Headers;
            return Task.FromResult(string.Join(
                '|',
                context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
                context.Request.Host.Host,
                headers.SecWebSocketKey,
                headers.SecWebSocketProtocol,
                headers.Authorization,
                headers.Origin));
        });
        var random = new Random(20);
        int compared = 0;
        for (int i = 0; i < 40_000 && compared < 400; i++)
        {
            byte[] mutant = WebServerReading.Mutate(Usual, random);
            if (!UpgradeRequest.TryRead(mutant, out UpgradeRequest request))
                continue;
            compared++;
            string parts = Parts(request);
            Assert.That(await server.AskAsync(mutant.AsMemory(0, request.Length)), Is.EqualTo(parts), () => Encoding.Latin1.GetString(mutant));
        }

        Assert.That(compared, Is.EqualTo(400));
    }

    private static string Parts(in UpgradeRequest request) => string.Join(
        '|',
        Text(request.Path) + Text(request.Query),
        Text(request.Host),
        Text(request.Key),
        Text(request.Protocols),
        Text(request.Authorization),
        Text(request.Origin));

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
