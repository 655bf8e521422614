using System.Text.Json;
using PushNode.Auth;
using PushNode.Auth.Keys;
using PushNode.Settings;
using PushNode.Tests.Support;

namespace PushNode.Tests.Auth;

/// <summary>Tokens for trying out: accepted by the node, and by an independent implementation.</summary>
internal sealed class TokenSignerTests
{
    private readonly ManualTime time = new();

    [Test]
    public async Task GeneratedKey_SignsWhatTheNodeAccepts()
    {
        using var folder = new TemporaryFolder();
        var data = new DataFolder(folder.Path);
        string token = TestTokens.Signer(data, time).Sign("alice", TimeSpan.FromSeconds(90.5), ["news", "room.*"]);

        AuthResult result = await TestTokens.Verifier(SigningKey.LoadOrCreate(data), time).VerifyAsync(token);

        Assert.That(result.Identity?.UserId, Is.EqualTo("alice"), result.Reason);
        Assert.That(result.Identity!.IssuedAt, Is.EqualTo(TestTokens.Now * 1000));
        Assert.That(result.Identity.ExpiresAt, Is.EqualTo((TestTokens.Now + 91 + 30) * 1000), "a started second counts whole, and the skew on top");
        Assert.That(result.Identity.Topics.Patterns, Is.EqualTo(new[] { "news", "room.*" }));
    }

    [Test]
    public async Task GeneratedKeyFile_GivenAsSecretFile_IsTheSameKey()
    {
        using var folder = new TemporaryFolder();
        string token = TestTokens.Signer(new DataFolder(folder.Path), time).Sign("alice", TimeSpan.FromHours(1), []);
        var options = new JwtOptions { SecretFile = folder.File("signing.key") };

        Assert.That((await TestTokens.Verifier(KeyLoader.Load(options), time).VerifyAsync(token)).Reason, Is.Null);
    }

    [TestCase("HS256")]
    [TestCase("HS384")]
    [TestCase("HS512")]
    public async Task ConfiguredSecret_SignsAsTheSettingsSay_AndJoseAgrees(string algorithm)
    {
        using var folder = new TemporaryFolder();
        TokenSigner signer = TokenSigner.FromConfiguration(
            TestTokens.Configuration(
                ("Auth:Jwt:Secret", TestTokens.Secret),
                ("Auth:Jwt:Algorithms", algorithm),
                ("Auth:Jwt:Issuer", "me \"quoted\""),
                ("Auth:Jwt:Audience", "push"),
                ("Auth:Jwt:UserClaim", "user"),
                ("Auth:Jwt:TopicsClaim", "may")),
            () => SigningKey.LoadOrCreate(new DataFolder(folder.Path)),
            TimeProvider.System);

        JsonElement verified = await Jose.VerifyAsync(signer.Sign("alice", TimeSpan.FromHours(1), ["news"]), TestTokens.Secret);

        Assert.That(verified.GetProperty("header").GetProperty("alg").GetString(), Is.EqualTo(algorithm));
        JsonElement payload = verified.GetProperty("payload");
        Assert.That(payload.EnumerateObject().Select(static p => p.Name), Is.EquivalentTo(new[] { "user", "iat", "exp", "iss", "aud", "may" }));
        Assert.That(payload.GetProperty("user").GetString(), Is.EqualTo("alice"));
        Assert.That(payload.GetProperty("iss").GetString(), Is.EqualTo("me \"quoted\""));
        Assert.That(payload.GetProperty("exp").GetInt64() - payload.GetProperty("iat").GetInt64(), Is.EqualTo(3600));
        Assert.That(Directory.GetFiles(folder.Path), Is.Empty, "no key is made where one is configured");
    }

    [TestCase("Auth:Webhook:Url", "https://shop.example/verify")]
    [TestCase("Auth:Jwt:Jwks", "https://issuer.example/jwks")]
    [TestCase("Auth:Jwt:KeyFile", "key.pem")]
    public void NodeThatVerifiesWithSomethingElse_CannotSign(string key, string value)
    {
        using var folder = new TemporaryFolder();

        Assert.That(
            () => TokenSigner.FromConfiguration(TestTokens.Configuration((key, value)), () => SigningKey.LoadOrCreate(new DataFolder(folder.Path)), time),
            Throws.TypeOf<SettingsException>().With.Message.StartWith($"{key} is set: ").And.Message.Contain("none can be signed here"));
    }

    [TestCase("al ice", 60, "news", "'al ice' is no user id")]
    [TestCase("alice", 0, "news", "more than 0 seconds")]
    [TestCase("alice", 60, "a*b", "'a*b' is neither a topic nor a prefix with a star")]
    public void WhatTheNodeWouldRefuse_IsNotSigned(string user, int seconds, string topic, string expected)
    {
        using var folder = new TemporaryFolder();
        TokenSigner signer = TestTokens.Signer(new DataFolder(folder.Path), time);

        Assert.That(() => signer.Sign(user, TimeSpan.FromSeconds(seconds), [topic]), Throws.ArgumentException.With.Message.Contain(expected));
    }
}
