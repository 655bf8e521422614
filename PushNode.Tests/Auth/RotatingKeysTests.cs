using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using PushNode.Auth;
using PushNode.Auth.Jwt;
using PushNode.Auth.Keys;
using PushNode.Tests.Support;

namespace PushNode.Tests.Auth;

/// <summary>A key set on a real key server that rotates, fails, hangs and lies.</summary>
internal sealed class RotatingKeysTests : IDisposable
{
    private readonly ECDsa first = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa second = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ManualTime time = new();
    private readonly AuthOptions options = new();
    private readonly RecordingLog<RotatingKeys> log = new();

    public void Dispose()
    {
        first.Dispose();
        second.Dispose();
    }

    [Test]
    public async Task UnknownKid_HasTheSetFetchedAgain_AndTheNewKeyCounts()
    {
        await using LocalServer server = await LocalServer.StartAsync(LocalServer.Text(Jwks(("k1", first))));
        using RotatingKeys keys = Keys(server.Url);
        var verifier = new JwtVerifier(options, keys, time);
        Assert.That((await verifier.VerifyAsync(Token("k1", first))).Reason, Is.Null);

        server.Answer = LocalServer.Text(Jwks(("k2", second)));
        time.Advance(options.Jwt.JwksCooldown);

        Assert.That((await verifier.VerifyAsync(Token("k2", second))).Reason, Is.Null);
        Assert.That((await verifier.VerifyAsync(Token("k1", first))).Reason, Is.EqualTo("there is no key for kid 'k1' and alg 'ES256'"), "it has been withdrawn");
        Assert.That(server.Requests, Is.EqualTo(2));
    }

    [Test]
    public async Task KnownKid_WithTheWrongSignature_FetchesNothing()
    {
        await using LocalServer server = await LocalServer.StartAsync(LocalServer.Text(Jwks(("k1", first))));
        using RotatingKeys keys = Keys(server.Url);
        var verifier = new JwtVerifier(options, keys, time);

        for (int i = 0; i < 3; i++)
        {
            Assert.That((await verifier.VerifyAsync(Token("k1", second))).Reason, Is.EqualTo("signature does not match"));
            time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.That(server.Requests, Is.EqualTo(1));
    }

    [Test]
    public async Task ManyUnknownKids_WithinTheCooldown_FetchOnce()
    {
        await using LocalServer server = await LocalServer.StartAsync(LocalServer.Text(Jwks(("k1", first))));
        using RotatingKeys keys = Keys(server.Url);
        var verifier = new JwtVerifier(options, keys, time);

        AuthResult[] results = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => verifier.VerifyAsync(Token($"made-up-{i}", second))));

        Assert.That(results.Select(static r => r.Failure), Is.All.EqualTo(AuthFailure.Invalid));
        Assert.That(server.Requests, Is.EqualTo(1));
    }

    [Test]
    public async Task SlowServer_IsAskedOnce_ByAllWhoWait()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        string jwks = Jwks(("k1", first));
        await using LocalServer server = await LocalServer.StartAsync(async context =>
        {
            await release.Task;
            await context.Response.WriteAsync(jwks);
        });
        using RotatingKeys keys = Keys(server.Url);
        var verifier = new JwtVerifier(options, keys, time);

        Task<AuthResult>[] waiting = [.. Enumerable.Range(0, 20).Select(_ => verifier.VerifyAsync(Token("k1", first)))];
        await Eventually.BecomesTrueAsync(() => server.Requests == 1, "the server is asked");
        Assert.That(waiting.Any(static t => t.IsCompleted), Is.False);
        release.SetResult();

        Assert.That((await Task.WhenAll(waiting)).Select(static r => r.Reason), Is.All.Null);
        Assert.That(server.Requests, Is.EqualTo(1));
    }

    [Test]
    public async Task ImpatientCaller_GivesUpAlone()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        string jwks = Jwks(("k1", first));
        await using LocalServer server = await LocalServer.StartAsync(async context =>
        {
            await release.Task;
            await context.Response.WriteAsync(jwks);
        });
        using RotatingKeys keys = Keys(server.Url);
        var verifier = new JwtVerifier(options, keys, time);
        using var impatience = new CancellationTokenSource();

        Task<AuthResult> impatient = verifier.VerifyAsync(Token("k1", first), impatience.Token).AsTask();
        Task<AuthResult> patient = verifier.VerifyAsync(Token("k1", first));
        await impatience.CancelAsync();

        Assert.That(async () => await impatient, Throws.InstanceOf<OperationCanceledException>());
        release.SetResult();
        Assert.That((await patient).Reason, Is.Null);
    }

    [TestCase("garbage")]
    [TestCase("500")]
    [TestCase("redirect")]
    [TestCase("too large")]
    [TestCase("empty set")]
    [TestCase("breaks off")]
    [TestCase("never")]
    public async Task FailingServer_OldKeysStay_AndUnknownKidsAreUnavailable(string failure)
    {
        if (failure == "never")
            options.Jwt.JwksTimeout = TimeSpan.FromSeconds(1.5);
        await using LocalServer server = await LocalServer.StartAsync(LocalServer.Text(Jwks(("k1", first))));
        using RotatingKeys keys = Keys(server.Url);
        var verifier = new JwtVerifier(options, keys, time);
        Assert.That((await verifier.VerifyAsync(Token("k1", first))).Reason, Is.Null);

        server.Answer = Failing(failure);
        time.Advance(options.Jwt.JwksCooldown);
        AuthResult unknown = await verifier.VerifyAsync(Token("k2", second));

        Assert.That(unknown.Failure, Is.EqualTo(AuthFailure.Unavailable));
        Assert.That(unknown.Reason, Is.EqualTo("the token names an unknown key, and newer keys cannot be fetched now"));
        Assert.That((await verifier.VerifyAsync(Token("k1", first))).Reason, Is.Null, "the old key still counts");
        Assert.That(log.Lines.Single(static l => l.StartsWith("Warning", StringComparison.Ordinal)), Does.Contain("Going on with the 1 that are known"));

        server.Answer = LocalServer.Text(Jwks(("k2", second)));
        time.Advance(options.Jwt.JwksCooldown);
        Assert.That((await verifier.VerifyAsync(Token("k2", second))).Reason, Is.Null, "it recovers");
    }

    [Test]
    public async Task ServerAwayFromTheStart_IsUnavailable_NotInvalid()
    {
        using RotatingKeys keys = Keys("http://127.0.0.1:1/keys?secret=hidden");

        AuthResult result = await new JwtVerifier(options, keys, time).VerifyAsync(Token("k1", first));

        Assert.That(result.Failure, Is.EqualTo(AuthFailure.Unavailable));
        Assert.That(string.Join('\n', log.Lines), Does.Contain("http://127.0.0.1:1/keys").And.Not.Contain("hidden"));
    }

    [Test]
    public async Task BadToken_WhoseFormIsWrong_AsksNobody()
    {
        await using LocalServer server = await LocalServer.StartAsync(LocalServer.Text(Jwks(("k1", first))));
        using RotatingKeys keys = Keys(server.Url);
        var verifier = new JwtVerifier(options, keys, time);
        await verifier.VerifyAsync(Token("k1", first));
        time.Advance(TimeSpan.FromHours(1));

        foreach (string bad in new[] { "", "a.b.c", TestTokens.Hs256(TestTokens.GoodClaims, """{"alg":"HS256","kid":"new"}""") })
            Assert.That((await verifier.VerifyAsync(bad)).Failure, Is.EqualTo(AuthFailure.Invalid));

        Assert.That(server.Requests, Is.EqualTo(1));
    }

    [Test]
    public async Task Refresher_ReadsRegularly_WithoutAnyToken()
    {
        await using LocalServer server = await LocalServer.StartAsync(LocalServer.Text(Jwks(("k1", first))));
        options.Jwt.JwksRefresh = TimeSpan.FromMilliseconds(20);
        options.Jwt.JwksCooldown = TimeSpan.FromMilliseconds(10);
        using RotatingKeys keys = Keys(server.Url, TimeProvider.System);
        using var refresher = new JwksRefresher(keys, options, TimeProvider.System);

        await refresher.StartAsync(CancellationToken.None);
        await Eventually.BecomesTrueAsync(() => keys.Current?.Find(JwsAlgorithms.ES256, "k1", out _) == 1, "the first set is there");
        server.Answer = LocalServer.Text(Jwks(("k2", second)));
        await Eventually.BecomesTrueAsync(() => keys.Current?.Find(JwsAlgorithms.ES256, "k2", out _) == 1, "the second set is there");
        server.Answer = LocalServer.Text("", 503);
        int before = server.Requests;
        await Eventually.BecomesTrueAsync(() => server.Requests > before + 2, "it goes on asking");

        Assert.That(keys.Current!.Find(JwsAlgorithms.ES256, "k2", out _), Is.EqualTo(1));
        await refresher.StopAsync(CancellationToken.None);
    }

    [Test]
    public async Task File_ThatChanges_IsReadAgainForAnUnknownKid()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("keys.json"), Jwks(("k1", first)));
        using RotatingKeys keys = Keys(folder.File("keys.json"));
        var verifier = new JwtVerifier(options, keys, time);
        Assert.That((await verifier.VerifyAsync(Token("k1", first))).Reason, Is.Null);

        await File.WriteAllTextAsync(folder.File("keys.json"), Jwks(("k1", first), ("k2", second)));
        time.Advance(options.Jwt.JwksCooldown);

        Assert.That((await verifier.VerifyAsync(Token("k2", second))).Reason, Is.Null);
        File.Delete(folder.File("keys.json"));
        time.Advance(options.Jwt.JwksCooldown);
        Assert.That((await verifier.VerifyAsync(Token("k3", second))).Failure, Is.EqualTo(AuthFailure.Unavailable));
        Assert.That((await verifier.VerifyAsync(Token("k1", first))).Reason, Is.Null);
    }

    [Test]
    public async Task TokenWithoutKid_IsTakenOnlyWhereThereIsNoChoice()
    {
        await using LocalServer server = await LocalServer.StartAsync(LocalServer.Text(Jwks(("k1", first))));
        using RotatingKeys keys = Keys(server.Url);
        var verifier = new JwtVerifier(options, keys, time);
        string token = TestTokens.Assemble("""{"alg":"ES256"}""", TestTokens.GoodClaims, data => first.SignData(data, HashAlgorithmName.SHA256));
        Assert.That((await verifier.VerifyAsync(token)).Reason, Is.Null);

        server.Answer = LocalServer.Text(Jwks(("k1", first), ("k2", second)));
        time.Advance(options.Jwt.JwksCooldown);
        await verifier.VerifyAsync(Token("k2", second));

        Assert.That((await verifier.VerifyAsync(token)).Reason, Is.EqualTo("2 keys suit alg 'ES256': the token must say which ('kid')"));
    }

    private static RequestDelegate Failing(string failure) => failure switch
    {
        "garbage" => LocalServer.Text("<html>"),
        "500" => LocalServer.Text("{}", 500),
        "redirect" => static context =>
        {
            context.Response.Redirect("http://127.0.0.1:1/elsewhere");
            return Task.CompletedTask;
        }
        ,
        "too large" => LocalServer.Text(new string(' ', JwksDocument.MaxBytes + 1)),
        "empty set" => LocalServer.Text("""{"keys":[]}"""),
        "breaks off" => static async context =>
        {
            await context.Response.WriteAsync("""{"keys":[""");
            await context.Response.Body.FlushAsync();
            context.Abort();
        }
        ,
        _ => LocalServer.NeverAsync,
    };

    private static string Jwks(params (string Kid, ECDsa Key)[] keys) => $$"""{"keys":[{{string.Join(',', keys.Select(static k => Jwk(k.Kid, k.Key)))}}]}""";

    private static string Jwk(string kid, ECDsa key)
    {
        ECPoint q = key.ExportParameters(false).Q;
        return $$"""{"kty":"EC","crv":"P-256","use":"sig","kid":"{{kid}}","x":"{{Base64Url.EncodeToString(q.X)}}","y":"{{Base64Url.EncodeToString(q.Y)}}"}""";
    }

    private static string Token(string kid, ECDsa key) =>
        TestTokens.Assemble($$"""{"alg":"ES256","kid":"{{kid}}"}""", """{"sub":"alice","exp":1795999999}""", data => key.SignData(data, HashAlgorithmName.SHA256));

    private RotatingKeys Keys(string location, TimeProvider? clock = null)
    {
        options.Jwt.Jwks = location;
        return new RotatingKeys(options, new JwksFetch(location, options.Jwt.JwksTimeout), clock ?? time, log);
    }
}
