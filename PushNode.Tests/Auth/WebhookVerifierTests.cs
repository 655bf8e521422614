using System.Text.Json;
using Microsoft.AspNetCore.Http;
using PushNode.Auth;
using PushNode.Auth.Webhook;
using PushNode.Tests.Support;

namespace PushNode.Tests.Auth;

/// <summary>A real business system that accepts, refuses, hangs, fails and lies.</summary>
internal sealed class WebhookVerifierTests
{
    private const string Accepted = """{"userId":"alice","expiresAt":"2026-11-21T09:00:00Z","topics":["news"],"plan":{"name":"gold"}}""";

    private readonly ManualTime time = new();
    private readonly AuthOptions options = new();
    private readonly RecordingLog<WebhookVerifier> log = new();

    [Test]
    public async Task Accepted_GivesTheIdentity_AndTheRequestIsAsPromised()
    {
        string? body = null;
        string? authorization = null;
        string? type = null;
        string? method = null;
        await using LocalServer server = await LocalServer.StartAsync(async context =>
        {
            (authorization, type, method) = (context.Request.Headers.Authorization, context.Request.ContentType, context.Request.Method);
            using var reader = new StreamReader(context.Request.Body);
            body = await reader.ReadToEndAsync();
            await context.Response.WriteAsync(Accepted);
        });
        options.Webhook.Key = "who-is-asking";
        using WebhookVerifier verifier = Verifier(server.Url);

        AuthResult result = await verifier.VerifyAsync("opaque \"token\" é\n");

        Assert.That(result.Identity?.UserId, Is.EqualTo("alice"), result.Reason);
        Assert.That(result.Identity!.ExpiresAt, Is.EqualTo((TestTokens.Now + 3600) * 1000));
        Assert.That(result.Identity.IssuedAt, Is.EqualTo(TestTokens.Now * 1000), "the business system vouched for it just now");
        Assert.That(result.Identity.Topics.Patterns, Is.EqualTo(new[] { "news" }));
        Assert.That((method, authorization, type), Is.EqualTo(("POST", "Bearer who-is-asking", "application/json")));
        using JsonDocument sent = JsonDocument.Parse(body!);
        Assert.That(sent.RootElement.EnumerateObject().Select(static p => p.Name), Is.EqualTo(new[] { "token" }));
        Assert.That(sent.RootElement.GetProperty("token").GetString(), Is.EqualTo("opaque \"token\" é\n"));
    }

    [TestCase("""{"userId":"bob"}""", long.MaxValue, TestTokens.Now * 1000)]
    [TestCase("""{"userId":"bob","expiresAt":null,"topics":null,"issuedAt":null}""", long.MaxValue, TestTokens.Now * 1000)]
    [TestCase("""{"userId":"bob","expiresAt":"2026-11-21T10:00:00.5+01:00","issuedAt":"2026-11-21T07:00:00Z"}""", (TestTokens.Now + 3600) * 1000 + 500, (TestTokens.Now - 3600) * 1000)]
    public async Task Accepted_WithTheOptionalFieldsOrWithout(string answer, long expiresAt, long issuedAt)
    {
        await using LocalServer server = await LocalServer.StartAsync(LocalServer.Text(answer));
        using WebhookVerifier verifier = Verifier(server.Url);

        AuthResult result = await verifier.VerifyAsync("t");

        Assert.That((result.Identity?.UserId, result.Identity?.ExpiresAt, result.Identity?.IssuedAt), Is.EqualTo(("bob", expiresAt, issuedAt)), result.Reason);
    }

    [TestCase(401)]
    [TestCase(403)]
    public async Task Refused_IsInvalid(int status)
    {
        await using LocalServer server = await LocalServer.StartAsync(LocalServer.Text("whatever", status));
        using WebhookVerifier verifier = Verifier(server.Url);

        AuthResult result = await verifier.VerifyAsync("t");

        Assert.That(result, Is.EqualTo(AuthResult.Invalid("the service that verifies tokens has refused it")));
    }

    [Test]
    public async Task Accepted_ButExpired_IsInvalid()
    {
        await using LocalServer server = await LocalServer.StartAsync(LocalServer.Text("""{"userId":"alice","expiresAt":"2026-11-21T08:00:00Z"}"""));
        using WebhookVerifier verifier = Verifier(server.Url);

        Assert.That(await verifier.VerifyAsync("t"), Is.EqualTo(AuthResult.Invalid("expired at 2026-11-21T08:00:00.000Z")));
    }

    [TestCase(500, "", "it answered 500")]
    [TestCase(204, "", "it answered 204")]
    [TestCase(302, "", "it answered 302")]
    [TestCase(404, "", "it answered 404")]
    [TestCase(429, "", "it answered 429")]
    [TestCase(200, "", "its answer cannot be used: it is malformed JSON at line 1, byte 1")]
    [TestCase(200, "<html>", "its answer cannot be used: it is malformed JSON at line 1, byte 1")]
    [TestCase(200, "{}", "userId is missing or not")]
    [TestCase(200, """{"userId":7}""", "userId is not a string")]
    [TestCase(200, """{"userId":"a b"}""", "userId is missing or not")]
    [TestCase(200, """{"userId":"a","userId":"b"}""", "it has 'userId' twice")]
    [TestCase(200, """{"userId":"a","expiresAt":1795251600}""", "expiresAt is not an ISO 8601 time with a zone")]
    [TestCase(200, """{"userId":"a","expiresAt":"2026-11-21T09:00:00"}""", "expiresAt is not an ISO 8601 time with a zone")]
    [TestCase(200, """{"userId":"a","expiresAt":"tomorrow"}""", "expiresAt is not an ISO 8601 time with a zone")]
    [TestCase(200, """{"userId":"a","expiresAt":""}""", "expiresAt is not an ISO 8601 time with a zone")]
    [TestCase(200, """{"userId":"a","topics":"news"}""", "topics is not an array of strings")]
    [TestCase(200, """{"userId":"a","topics":["a*b"]}""", "topics has 'a*b'")]
    public async Task AnythingElse_IsUnavailable_AndTheLogSaysWhy(int status, string body, string logged)
    {
        await using LocalServer server = await LocalServer.StartAsync(LocalServer.Text(status == 204 ? "" : body, status));
        using WebhookVerifier verifier = Verifier(server.Url);

        AuthResult result = await verifier.VerifyAsync("t");

        Assert.That(result.Failure, Is.EqualTo(AuthFailure.Unavailable));
        Assert.That(log.Lines.Single(), Does.StartWith("Warning").And.Contain(logged));
    }

    [Test]
    public async Task TooLargeAnAnswer_IsUnavailable()
    {
        await using LocalServer server = await LocalServer.StartAsync(LocalServer.Text($$"""{"userId":"a","x":"{{new string('x', 100_000)}}"}"""));
        using WebhookVerifier verifier = Verifier(server.Url);

        Assert.That((await verifier.VerifyAsync("t")).Failure, Is.EqualTo(AuthFailure.Unavailable));
    }

    [Test]
    public async Task NoAnswerInTime_IsUnavailable_AndTheNextIsAskedAgain()
    {
        options.Webhook.Timeout = TimeSpan.FromSeconds(1);
        await using LocalServer server = await LocalServer.StartAsync(LocalServer.NeverAsync);
        using WebhookVerifier verifier = Verifier(server.Url);

        AuthResult result = await verifier.VerifyAsync("t");
        server.Answer = LocalServer.Text(Accepted);
        AuthResult next = await verifier.VerifyAsync("t");

        Assert.That(result.Failure, Is.EqualTo(AuthFailure.Unavailable));
        Assert.That(next.Identity?.UserId, Is.EqualTo("alice"));
        Assert.That(log.Lines.First(), Does.Contain("no answer within"));
        Assert.That(log.Lines.Last(), Does.StartWith("Information").And.Contain("verifies tokens again"));
    }

    [Test]
    public async Task NobodyThere_IsUnavailable_AndNeitherTokenNorQueryIsLogged()
    {
        using WebhookVerifier verifier = Verifier("http://127.0.0.1:1/hook?key=hidden");

        Assert.That((await verifier.VerifyAsync("the-token")).Failure, Is.EqualTo(AuthFailure.Unavailable));
        Assert.That((await verifier.VerifyAsync("the-token")).Failure, Is.EqualTo(AuthFailure.Unavailable));

        Assert.That(string.Join('\n', log.Lines), Does.Contain("http://127.0.0.1:1/hook").And.Not.Contain("hidden").And.Not.Contain("the-token"));
        Assert.That(log.Lines.Count(static l => l.StartsWith("Warning", StringComparison.Ordinal)), Is.EqualTo(1), "said once, not for every client");
    }

    [Test]
    public async Task CallerWhoLeaves_IsNotTakenForATimeout()
    {
        await using LocalServer server = await LocalServer.StartAsync(LocalServer.NeverAsync);
        using WebhookVerifier verifier = Verifier(server.Url);
        using var leaving = new CancellationTokenSource();

        Task<AuthResult> call = verifier.VerifyAsync("t", leaving.Token).AsTask();
        await Eventually.BecomesTrueAsync(() => server.Requests == 1, "it is asked");
        await leaving.CancelAsync();

        Assert.That(async () => await call, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(log.Lines, Is.Empty);
    }

    [TestCase(200)]
    [TestCase(401)]
    public async Task Answers_AreUsedAgain_ForTheCacheDuration(int status)
    {
        await using LocalServer server = await LocalServer.StartAsync(LocalServer.Text(Accepted, status));
        using WebhookVerifier verifier = Verifier(server.Url);

        AuthResult first = await verifier.VerifyAsync("t");
        AuthResult again = await verifier.VerifyAsync("t");
        Assert.That(again, Is.EqualTo(first));
        Assert.That(server.Requests, Is.EqualTo(1));

        await verifier.VerifyAsync("another");
        Assert.That(server.Requests, Is.EqualTo(2), "another token is another question");

        time.Advance(options.Webhook.CacheDuration);
        await verifier.VerifyAsync("t");
        Assert.That(server.Requests, Is.EqualTo(3));
    }

    [Test]
    public async Task CachedAnswer_DoesNotOutliveTheToken()
    {
        await using LocalServer server = await LocalServer.StartAsync(LocalServer.Text("""{"userId":"alice","expiresAt":"2026-11-21T08:00:02Z"}"""));
        using WebhookVerifier verifier = Verifier(server.Url);
        await verifier.VerifyAsync("t");

        time.Advance(TimeSpan.FromSeconds(2));

        Assert.That((await verifier.VerifyAsync("t")).Reason, Is.EqualTo("expired at 2026-11-21T08:00:02.000Z"));
        Assert.That(server.Requests, Is.EqualTo(2));
    }

    [Test]
    public async Task CacheDurationZero_AsksEveryTime()
    {
        await using LocalServer server = await LocalServer.StartAsync(LocalServer.Text(Accepted));
        options.Webhook.CacheDuration = TimeSpan.Zero;
        using WebhookVerifier verifier = Verifier(server.Url);

        await verifier.VerifyAsync("t");
        await verifier.VerifyAsync("t");

        Assert.That(server.Requests, Is.EqualTo(2));
    }

    [Test]
    public void Cache_NeverHoldsMoreThanItsSize()
    {
        options.Webhook.CacheSize = 10;
        var cache = new VerdictCache(options.Webhook, time);

        for (int i = 0; i < 1000; i++)
        {
            var token = TokenDigest.Of($"t{i}");
            cache.Add(token, AuthResult.Invalid("x"));
            Assert.That(cache.Count, Is.LessThanOrEqualTo(10));
            Assert.That(cache.TryGet(token, out _), Is.True);
        }
    }

    [Test]
    public async Task Concurrency_IsBounded_AndWhoDoesNotFitInTheQueueIsTurnedAway()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int now = 0;
        int most = 0;
        await using LocalServer server = await LocalServer.StartAsync(async context =>
        {
            int current = Interlocked.Increment(ref now);
            InterlockedMax(ref most, current);
            await release.Task;
            Interlocked.Decrement(ref now);
            await context.Response.WriteAsync(Accepted);
        });
        (options.Webhook.MaxConcurrent, options.Webhook.MaxWaiting) = (3, 4);
        options.Webhook.Timeout = TimeSpan.FromSeconds(20);
        using WebhookVerifier verifier = Verifier(server.Url);

        Task<AuthResult>[] calls = [.. Enumerable.Range(0, 10).Select(i => verifier.VerifyAsync($"t{i}"))];
        await Eventually.BecomesTrueAsync(() => Volatile.Read(ref most) == 3, "three are asked");
        AuthResult[] turnedAway = await Task.WhenAll(calls[7..]);
        release.SetResult();
        AuthResult[] served = await Task.WhenAll(calls[..7]);

        Assert.That(turnedAway, Is.All.EqualTo(AuthResult.Unavailable("too many tokens are waiting to be verified")));
        Assert.That(served.Select(static r => r.Reason), Is.All.Null);
        Assert.That(most, Is.EqualTo(3));
    }

    [TestCase("")]
    [TestCase(null)]
    public async Task TokenOfAnImpossibleLength_IsNotAsked(string? token)
    {
        await using LocalServer server = await LocalServer.StartAsync(LocalServer.Text(Accepted));
        using WebhookVerifier verifier = Verifier(server.Url);

        AuthResult result = await verifier.VerifyAsync(token ?? new string('x', 8193));

        Assert.That(result.Failure, Is.EqualTo(AuthFailure.Invalid));
        Assert.That(server.Requests, Is.Zero);
    }

    [Test]
    public async Task TokenThatIsNoText_IsAnsweredAllTheSame()
    {
        await using LocalServer server = await LocalServer.StartAsync(LocalServer.Text("", 401));
        using WebhookVerifier verifier = Verifier(server.Url);

        Assert.That((await verifier.VerifyAsync("\ud800")).Failure, Is.EqualTo(AuthFailure.Invalid));
    }

    private static void InterlockedMax(ref int target, int value)
    {
        int seen = Volatile.Read(ref target);
        while (value > seen && Interlocked.CompareExchange(ref target, value, seen) is var found && found != seen)
            seen = found;
    }

    private WebhookVerifier Verifier(string url)
    {
        options.Webhook.Url = url;
        return new WebhookVerifier(options, new WebhookCall(options.Webhook), time, log);
    }
}
