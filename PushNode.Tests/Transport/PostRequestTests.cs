using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using PushNode.Transport;

namespace PushNode.Tests.Transport;

/// <summary>Which requests with a body are read without the web server: nothing that the web server would refuse, or read otherwise.</summary>
internal sealed class PostRequestTests
{
    private const string Usual =
        "POST /collect?a=b HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nConnection: keep-alive\r\nContent-Type: application/json\r\nContent-Length: 12\r\n"
        + "Authorization: Bearer x.y.z\r\nX-Api-Key: k\r\nUser-Agent: a (b; c) d/1.0\r\nAccept: */*\r\n\r\n{\"data\":123}";

    [Test]
    public void Usual_IsRead()
    {
        byte[] bytes = Encoding.ASCII.GetBytes(Usual + "POST /next");

        Assert.That(PostRequest.TryRead(bytes, out PostRequest request), Is.True);
        Assert.That(request.Length, Is.EqualTo(Usual.Length));
        Assert.That(Parts(request), Is.EqualTo("/collect?a=b|127.0.0.1|application/json|Bearer x.y.z|k|{\"data\":123}"));
    }

    [TestCase("Content-Length: 12", "Content-Length: 0")]
    [TestCase("Content-Length: 12", "Content-Length: 012")]
    [TestCase("Content-Length: 12", "Content-Length: 0000000012")]
    [TestCase("\r\nConnection: keep-alive", "")]
    [TestCase("\r\nX-Api-Key: k", "")]
    [TestCase("\r\nContent-Type: application/json", "")]
    [TestCase("\r\nAccept: */*", "\r\nCookie: a=b")]
    public void AlsoUsual_IsReadToo(string part, string instead) =>
        Assert.That(PostRequest.TryRead(Encoding.Latin1.GetBytes(Usual.Replace(part, instead, StringComparison.Ordinal)), out _), Is.True);

    [TestCase("POST", "PUT")]
    [TestCase("POST", "post")]
    [TestCase("POST /collect", "POST http://a/collect")]
    [TestCase("POST /collect", "POST *")]
    [TestCase("HTTP/1.1", "HTTP/1.0")]
    [TestCase("\r\nHost: 127.0.0.1:8080", "")]
    [TestCase("Accept: */*", "Host: b")]
    [TestCase("Accept: */*", "Origin: http://a.example")]
    [TestCase("Accept: */*", "Content-Encoding: gzip")]
    [TestCase("Accept: */*", "Transfer-Encoding: chunked")]
    [TestCase("Accept: */*", "Expect: 100-continue")]
    [TestCase("Accept: */*", "Upgrade: h2c")]
    [TestCase("Accept: */*", "Content-Length: 12")]
    [TestCase("Accept: */*", "Content-Length: 13")]
    [TestCase("Accept: */*", "Authorization: Bearer other")]
    [TestCase("Accept: */*", "X-Api-Key: other")]
    [TestCase("Accept: */*", "Content-Type: text/plain")]
    [TestCase("Accept: */*", " folded")]
    [TestCase("keep-alive", "close")]
    [TestCase("keep-alive", "keep-alive, Upgrade")]
    [TestCase("\r\nContent-Length: 12", "")]
    [TestCase("Content-Length: 12", "Content-Length:")]
    [TestCase("Content-Length: 12", "Content-Length: -1")]
    [TestCase("Content-Length: 12", "Content-Length: +12")]
    [TestCase("Content-Length: 12", "Content-Length: 0x0c")]
    [TestCase("Content-Length: 12", "Content-Length: 12, 12")]
    [TestCase("Content-Length: 12", "Content-Length: 9999999999")]
    [TestCase("Content-Length: 12", "Content-Length: 4294967308")]
    [TestCase("Content-Length: 12", "Content-Length: 00000000012")]
    [TestCase("Content-Length: 12", "Content-Length: 99999999999999999999")]
    [TestCase("Content-Length: 12", "Content-Length: 13")]
    public void Unusual_IsLeftToTheWebServer(string part, string instead) =>
        Assert.That(PostRequest.TryRead(Encoding.Latin1.GetBytes(Usual.Replace(part, instead, StringComparison.Ordinal)), out _), Is.False);

    [Test]
    public void WhateverIsCutOff_IsNotRead()
    {
        for (int length = 0; length < Usual.Length; length++)
            Assert.That(PostRequest.TryRead(Encoding.ASCII.GetBytes(Usual[..length]), out _), Is.False);
    }

    [Test]
    public async Task WhatIsRead_TheWebServerReadsToo_WithTheSameMeaning()
    {
        await using WebServerReading server = await WebServerReading.StartAsync(static async context =>
        {
            using var body = new StreamReader(context.Request.Body, Encoding.Latin1);
            IHeaderDictionary headers = context.Request.Headers;
            return string.Join(
                '|',
                context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
                context.Request.Host.Host,
                headers.ContentType,
                headers.Authorization,
                headers["X-Api-Key"],
                await body.ReadToEndAsync());
        });
        var random = new Random(20);
        int compared = 0;
        for (int i = 0; i < 40_000 && compared < 400; i++)
        {
            byte[] mutant = WebServerReading.Mutate(Usual, random);
            if (!PostRequest.TryRead(mutant, out PostRequest request) || request.Body.ContainsAnyExceptInRange((byte)' ', (byte)'~'))
                continue;
            compared++;
            string parts = Parts(request);
            Assert.That(await server.AskAsync(mutant.AsMemory(0, request.Length)), Is.EqualTo(parts), () => Encoding.Latin1.GetString(mutant));
        }

        Assert.That(compared, Is.EqualTo(400));
    }

    private static string Parts(in PostRequest request) => string.Join(
        '|',
        Text(request.Path) + Text(request.Query),
        Text(request.Host),
        Text(request.ContentType),
        Text(request.Authorization),
        Text(request.ApiKey),
        Text(request.Body));

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
