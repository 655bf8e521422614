using System.Text;
using System.Text.Json;
using PushNode.Auth;
using PushNode.Auth.Jwt;
using PushNode.Auth.Keys;
using PushNode.Settings;
using PushNode.Tests.Support;

namespace PushNode.Tests.Auth;

/// <summary>What an independent implementation signs is accepted; what it makes that is no signed token is not.</summary>
internal sealed class JoseTokensTests
{
    [TestCase("HS256")]
    [TestCase("HS384")]
    [TestCase("HS512")]
    public async Task Secret_TokenOfJose_IsAccepted(string algorithm)
    {
        JsonElement given = (await Jose.TokensAsync()).GetProperty(algorithm);
        var options = new JwtOptions { Secret = given.GetProperty("secret").GetString() };

        AuthResult result = await TestTokens.Verifier(KeyLoader.Load(options)).VerifyAsync(given.GetProperty("token").GetString()!);

        AssertAlice(result);
    }

    [TestCase("RS256")]
    [TestCase("PS256")]
    [TestCase("ES256")]
    public async Task Pem_TokenOfJose_IsAccepted(string algorithm)
    {
        JsonElement given = (await Jose.TokensAsync()).GetProperty(algorithm);
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("key.pem"), given.GetProperty("pem").GetString());
        VerificationKey key = PemFile.Read("Auth:Jwt:KeyFile", folder.File("key.pem"));

        AuthResult result = await TestTokens.Verifier(key).VerifyAsync(given.GetProperty("token").GetString()!);

        AssertAlice(result);
    }

    [TestCase("HS256")]
    [TestCase("HS384")]
    [TestCase("HS512")]
    [TestCase("RS256")]
    [TestCase("PS256")]
    [TestCase("ES256")]
    public async Task JwksFile_WithKeysOfEveryKind_TokenOfJoseIsAccepted(string algorithm)
    {
        JsonElement all = await Jose.TokensAsync();
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("keys.json"), Jwks(all));
        using RotatingKeys keys = Keys(folder.File("keys.json"));
        var verifier = new JwtVerifier(new AuthOptions(), keys, new ManualTime());

        AuthResult result = await verifier.VerifyAsync(all.GetProperty(algorithm).GetProperty("token").GetString()!);

        AssertAlice(result);
    }

    [TestCase("ES384")]
    [TestCase("EdDSA")]
    public async Task JwksFile_AlgorithmsWeDoNotHave_AreRefusedByName(string algorithm)
    {
        JsonElement all = await Jose.TokensAsync();
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("keys.json"), Jwks(all));
        using RotatingKeys keys = Keys(folder.File("keys.json"));
        var verifier = new JwtVerifier(new AuthOptions(), keys, new ManualTime());

        AuthResult result = await verifier.VerifyAsync(all.GetProperty(algorithm).GetProperty("token").GetString()!);

        Assert.That(result.Reason, Is.EqualTo($"alg '{algorithm}' is not allowed (allowed: HS256, HS384, HS512, RS256, PS256, ES256)"));
    }

    [TestCase("RS256")]
    [TestCase("PS256")]
    [TestCase("ES256")]
    public async Task PublicKey_UsedAsSecret_IsRefused(string algorithm)
    {
        JsonElement given = (await Jose.TokensAsync()).GetProperty(algorithm);
        string pem = given.GetProperty("pem").GetString()!;
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("key.pem"), pem);
        VerificationKey key = PemFile.Read("Auth:Jwt:KeyFile", folder.File("key.pem"));
        string confused = TestTokens.Hs256(TestTokens.GoodClaims, secret: pem);

        AuthResult strict = await TestTokens.Verifier(key).VerifyAsync(confused);
        AuthResult lax = await TestTokens.Verifier(key, configure: static o => o.Jwt.Algorithms = ["HS256", "RS256", "PS256", "ES256"]).VerifyAsync(confused);

        Assert.That(strict.Reason, Does.StartWith("alg 'HS256' is not allowed (allowed: "));
        Assert.That(lax.Reason, Is.EqualTo("there is no key for alg 'HS256'"), "even when the allow-list has both");
    }

    [Test]
    public async Task PrivateKey_AsKeyFile_IsRefusedWithTheRemedy()
    {
        JsonElement given = (await Jose.TokensAsync()).GetProperty("RS256");
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder.File("key.pem"), given.GetProperty("privatePem").GetString());

        Assert.That(
            () => PemFile.Read("Auth:Jwt:KeyFile", folder.File("key.pem")),
            Throws.TypeOf<SettingsException>().With.Message.Contain("private key").And.Message.Contain("openssl pkey -pubout"));
    }

    [TestCase("encrypted", "the token is encrypted (JWE); only signed tokens are accepted")]
    [TestCase("unsecured", "alg 'none' is not allowed (allowed: HS256)")]
    [TestCase("unencoded", "the token's header is refused: it has 'b64' that is not true: unencoded payloads are not supported")]
    public async Task OtherThingsJoseMakes_AreRefused(string kind, string reason)
    {
        JsonElement all = await Jose.TokensAsync();
        var key = new HmacKey(null, Encoding.UTF8.GetBytes(all.GetProperty("HS256").GetProperty("secret").GetString()!));

        AuthResult result = await TestTokens.Verifier(key).VerifyAsync(all.GetProperty(kind).GetString()!);

        Assert.That(result.Reason, Is.EqualTo(reason));
    }

    private static void AssertAlice(AuthResult result)
    {
        Assert.That(result.Reason, Is.Null);
        Assert.That(result.Identity!.UserId, Is.EqualTo("alice"));
        Assert.That(result.Identity.IssuedAt, Is.EqualTo(TestTokens.Now * 1000));
        Assert.That(result.Identity.ExpiresAt, Is.EqualTo(1_795_251_630_500));
        Assert.That(result.Identity.Topics.Patterns, Is.EqualTo(new[] { "news", "room.*" }));
    }

    private static string Jwks(JsonElement all) =>
        $$"""{"keys":[{{string.Join(',', all.EnumerateObject().Where(static p => p.Value.ValueKind == JsonValueKind.Object).Select(static p => p.Value.GetProperty("jwk").GetRawText()))}}]}""";

    private static RotatingKeys Keys(string path)
    {
        var options = new AuthOptions();
        options.Jwt.Jwks = path;
        return new RotatingKeys(options, new JwksFetch(path, TimeSpan.FromSeconds(5)), TimeProvider.System, new RecordingLog<RotatingKeys>());
    }
}
