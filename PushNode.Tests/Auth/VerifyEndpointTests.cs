using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PushNode.Auth;
using PushNode.Cluster;
using PushNode.Settings;
using PushNode.Storage;
using PushNode.Tests.Push;
using PushNode.Tests.Support;

namespace PushNode.Tests.Auth;

/// <summary><c>/auth/verify</c> on a real server, with the module as the node adds it.</summary>
internal sealed class VerifyEndpointTests : IAsyncDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly RecordingLog<object> log = new();
    private readonly HttpClient http = new();
    private readonly ScriptedStore store = new();
    private WebApplication? app;

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        if (app is not null)
            await app.DisposeAsync();
        log.Dispose();
        folder.Dispose();
    }

    [Test]
    public async Task GeneratedKey_WholeWay()
    {
        await StartAsync();
        string token = TestTokens.Signer(new DataFolder(folder.Path), new ManualTime()).Sign("alice", TimeSpan.FromMinutes(5), ["news", "room.*"]);

        (HttpResponseMessage response, string body) = await PostAsync($$"""{"token":"{{token}}"}""");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK), body);
        Assert.That(response.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/json"));
        Assert.That(response.Headers.CacheControl?.NoStore, Is.True);
        Assert.That(body, Is.EqualTo("""{"userId":"alice","expiresAt":"2026-11-21T08:05:30.000Z","topics":["news","room.*"]}"""));
        Assert.That(string.Join('\n', log.Lines), Does.Contain($"Tokens are verified with the generated key in {folder.File("signing.key")}"));
    }

    [TestCase(20, "2026-11-21T08:00:10.000Z")]
    [TestCase(-253_402_300_799 + TestTokens.Now, "9999-12-31T23:59:59.999Z", Description = "the last that is taken for a time")]
    public async Task ExpiresAt_IsWhenTheTokenCeasesToBeTaken(long secondsAgo, string expected)
    {
        await StartAsync(("Auth:Jwt:Secret", TestTokens.Secret));

        (_, string body) = await PostAsync($$"""{"token":"{{TestTokens.Hs256($$"""{"sub":"alice","exp":{{TestTokens.Now - secondsAgo}}}""")}}"}""");

        Assert.That(body, Is.EqualTo($$"""{"userId":"alice","expiresAt":"{{expected}}","topics":[]}"""));
    }

    [Test]
    public async Task TokenWithoutEnd_HasExpiresAtNull()
    {
        await StartAsync(("Auth:Jwt:Secret", TestTokens.Secret), ("Auth:Jwt:RequireExpiry", "false"));

        (_, string body) = await PostAsync($$"""{"token":"{{TestTokens.Hs256("""{"sub":"alice"}""")}}"}""");

        Assert.That(body, Is.EqualTo("""{"userId":"alice","expiresAt":null,"topics":[]}"""));
    }

    [Test]
    public async Task BadToken_Is401_WithTheReason()
    {
        await StartAsync(("Auth:Jwt:Secret", TestTokens.Secret));

        (HttpResponseMessage response, string body) = await PostAsync($$"""{"token":"{{TestTokens.Hs256("""{"sub":"alice","exp":1}""")}}"}""");

        Assert.That(response.Headers.WwwAuthenticate.Single().Scheme, Is.EqualTo("Bearer"));
        AssertProblem(response, body, 401, "unauthorized", "expired at 1970-01-01T00:00:01.000Z");
    }

    [TestCase(1, 401)]
    [TestCase(0, 200)]
    public async Task ATokenIssuedBeforeItsUserWasRevoked_Is401(int secondsLater, int status)
    {
        await StartAsync(("Auth:Jwt:Secret", TestTokens.Secret));
        store.Revoke("alice", (TestTokens.Now + secondsLater) * 1000L);

        (HttpResponseMessage response, string body) = await PostAsync($$"""{"token":"{{TestTokens.Hs256($$"""{"sub":"alice","iat":{{TestTokens.Now}},"exp":{{TestTokens.Now + 60}}}""")}}"}""");

        Assert.That((int)response.StatusCode, Is.EqualTo(status), body);
        if (status == 401)
            AssertProblem(response, body, 401, "unauthorized", Revocations.Refusal);
    }

    [TestCase("", "malformed", "the body is refused: it is malformed JSON at line 1, byte 1")]
    [TestCase("{", "malformed", "the body is refused: it is malformed JSON at line 1, byte 2")]
    [TestCase("{\n  \"token\": \"a\",\n}", "malformed", "the body is refused: it is malformed JSON at line 3, byte 1")]
    [TestCase("\"token\"", "malformed", "the body is refused: it is not a JSON object")]
    [TestCase("""{"token":"a","token":"b"}""", "duplicate_field", "the body is refused: it has 'token' twice")]
    [TestCase("""{"token":"a"}{}""", "malformed", "the body is refused: it is malformed JSON at line 1, byte 14")]
    [TestCase("{}", "missing_field", "the field token is missing")]
    [TestCase("""{"token":null}""", "wrong_type", "token must be a string")]
    [TestCase("""{"token":["a"]}""", "wrong_type", "token must be a string")]
    [TestCase("""{"token":"\ud800"}""", "wrong_type", "token must be a string")]
    [TestCase("""{"token":"a","user":"b"}""", "unknown_field", "there is no field 'user' here; known: token")]
    [TestCase("""{"Token":"a"}""", "unknown_field", "there is no field 'Token' here; known: token")]
    public async Task BadBody_Is400_AndSaysWhere(string sent, string code, string detail)
    {
        await StartAsync(("Auth:Jwt:Secret", TestTokens.Secret));

        (HttpResponseMessage response, string body) = await PostAsync(sent);

        AssertProblem(response, body, 400, code, detail);
    }

    [Test]
    public async Task BodyOfInvalidUtf8_Is400()
    {
        await StartAsync(("Auth:Jwt:Secret", TestTokens.Secret));
        using var content = new ByteArrayContent([.. "{\"token\":\""u8, 0xC3, 0x28, .. "\"}"u8]);

        (HttpResponseMessage response, string body) = await PostAsync(content);

        AssertProblem(response, body, 400, "malformed", "the body is refused: it is not valid UTF-8");
    }

    [TestCase("text/plain", 415)]
    [TestCase("application/jsonp", 415)]
    [TestCase("multipart/form-data; boundary=x", 415)]
    [TestCase("application/json", 401)]
    [TestCase("Application/JSON; charset=utf-8", 401)]
    [TestCase("application/x-www-form-urlencoded", 401)]
    [TestCase(null, 401)]
    public async Task ContentType_JsonOrCurlsDefault_OtherwiseIs415(string? type, int status)
    {
        await StartAsync(("Auth:Jwt:Secret", TestTokens.Secret));
        using var content = new ByteArrayContent("{\"token\":\"a.b.c\"}"u8.ToArray());
        content.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);

        (HttpResponseMessage response, string body) = await PostAsync(content);

        Assert.That((int)response.StatusCode, Is.EqualTo(status), body);
        if (status == 415)
            AssertProblem(response, body, 415, "unsupported_media_type", "the content type must be application/json, or left out");
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task TooLargeABody_Is413_WithAnnouncedLengthOrWithout(bool chunked)
    {
        await StartAsync(("Auth:Jwt:Secret", TestTokens.Secret), ("Auth:MaxTokenLength", "1000"));
        using var content = new StringContent($$"""{"token":"{{new string('x', 4000)}}"}""", Encoding.UTF8, "application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, app!.Urls.Single() + "/auth/verify") { Content = content };
        request.Headers.TransferEncodingChunked = chunked;

        using HttpResponseMessage response = await http.SendAsync(request);

        AssertProblem(response, await response.Content.ReadAsStringAsync(), 413, "too_large", "the body is larger than 3024 bytes");
    }

    [Test]
    public async Task TooLongAToken_ThatStillFitsTheBody_Is401()
    {
        await StartAsync(("Auth:Jwt:Secret", TestTokens.Secret), ("Auth:MaxTokenLength", "1000"));

        (HttpResponseMessage response, string body) = await PostAsync($$"""{"token":"{{new string('x', 1001)}}"}""");

        AssertProblem(response, body, 401, "unauthorized", "the token has 1001 characters; the limit is 1000");
    }

    [Test]
    public async Task KeyServerAway_Is503_WithRetryAfter()
    {
        await StartAsync(("Auth:Jwt:Jwks", "http://127.0.0.1:1/keys"));

        (HttpResponseMessage response, string body) = await PostAsync("""{"token":"a.b.c"}""");

        Assert.That(response.Headers.RetryAfter?.Delta, Is.EqualTo(TimeSpan.FromSeconds(1)));
        AssertProblem(response, body, 503, "unavailable", "the keys that tokens are verified with cannot be fetched now");
    }

    [Test]
    public async Task Webhook_WholeWay()
    {
        await using LocalServer business = await LocalServer.StartAsync(LocalServer.Text("""{"userId":"bob","topics":["fx"]}"""));
        File.WriteAllText(folder.File("key"), "webhook-secret\n");
        await StartAsync(("Auth:Webhook:Url", business.Url), ("Auth:Webhook:KeyFile", folder.File("key")));

        (_, string body) = await PostAsync("""{"token":"opaque"}""");

        Assert.That(body, Is.EqualTo("""{"userId":"bob","expiresAt":null,"topics":["fx"]}"""));
    }

    [TestCase("http://shop.example/verify", true)]
    [TestCase("https://shop.example/verify", false)]
    [TestCase("http://127.0.0.1:9/verify", false)]
    public async Task PlainHttpToAnotherMachine_IsWarnedAbout(string url, bool warned)
    {
        await StartAsync(("Auth:Webhook:Url", url));

        Assert.That(log.Lines.Any(static l => l.StartsWith("Warning: Auth:Webhook:Url is plain http to another machine", StringComparison.Ordinal)), Is.EqualTo(warned));
    }

    [Test]
    public async Task OtherMethods_Are405()
    {
        await StartAsync(("Auth:Jwt:Secret", TestTokens.Secret));

        using HttpResponseMessage response = await http.GetAsync(app!.Urls.Single() + "/auth/verify");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.MethodNotAllowed));
    }

    [Test]
    public async Task Log_AtEveryLevel_HasNeitherSecretNorToken()
    {
        await StartAsync(("Auth:Jwt:Secret", TestTokens.Secret));
        string token = TestTokens.Hs256(TestTokens.GoodClaims);

        await PostAsync($$"""{"token":"{{token}}"}""");
        await PostAsync($$"""{"token":"{{token}}x"}""");
        await PostAsync($$"""{"token":"{{token}}","x":1}""");

        Assert.That(log.Lines.Where(static l => l.StartsWith("Error", StringComparison.Ordinal) || l.StartsWith("Warning", StringComparison.Ordinal)), Is.Empty);
        string everything = string.Join('\n', log.Lines);
        Assert.That(everything, Does.Contain("/auth/verify").And.Contain("the shared secret of Auth:Jwt"));
        Assert.That(everything, Does.Not.Contain(TestTokens.Secret).And.Not.Contain(token[..30]).And.Not.Contain(token[^30..]));
    }

    [Test]
    public void DamagedGeneratedKey_StopsTheStart()
    {
        File.WriteAllText(folder.File("signing.key"), "damaged");

        Assert.That(async () => await StartAsync(), Throws.TypeOf<SettingsException>().With.Message.Contain("signing.key"));
    }

    private static void AssertProblem(HttpResponseMessage response, string body, int status, string code, string detail)
    {
        Assert.That((int)response.StatusCode, Is.EqualTo(status), body);
        Assert.That(response.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/problem+json"));
        using JsonDocument problem = JsonDocument.Parse(body);
        Assert.That(problem.RootElement.GetProperty("code").GetString(), Is.EqualTo(code));
        Assert.That(problem.RootElement.GetProperty("detail").GetString(), Is.EqualTo(detail));
    }

    private async Task StartAsync(params (string Key, string? Value)[] settings)
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders().AddProvider(log).SetMinimumLevel(LogLevel.Trace).AddFilter("Microsoft.AspNetCore", LogLevel.Trace);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Services.AddSingleton<TimeProvider>(new ManualTime());
        builder.Services.AddSingleton(new DataFolder(folder.Path));
        IConfiguration configuration = TestTokens.Configuration(settings);
        builder.Services.AddSingleton<IMessageStore>(store);
        builder.Services.AddSingleton<IRevocationCopy, NoRevocationCopy>();
        builder.Services.AddSingleton<Revocations>();
        builder.Services.AddAuth(configuration);
        app = builder.Build();
        app.MapAuth();
        await app.StartAsync();
    }

    private async Task<(HttpResponseMessage Response, string Body)> PostAsync(string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        return await PostAsync(content);
    }

    private async Task<(HttpResponseMessage Response, string Body)> PostAsync(HttpContent content)
    {
        HttpResponseMessage response = await http.PostAsync(app!.Urls.Single() + "/auth/verify", content);
        return (response, await response.Content.ReadAsStringAsync());
    }
}
