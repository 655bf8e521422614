using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using PushNode.Auth;
using PushNode.Settings;
using PushNode.Tests.Support;

namespace PushNode.Tests.Auth;

/// <summary>Settings that stop the start, each with a sentence that names the key, and what the others mean.</summary>
internal sealed class AuthOptionsTests
{
    private const string Secret = "Auth:Jwt:Secret";
    private const string GoodSecret = "0123456789abcdef0123456789abcdef";

    [Test]
    public void Nothing_IsTheGeneratedKey() => Assert.That(Add(), Is.EqualTo(AuthSource.GeneratedKey));

    [Test]
    public void Sources_AreTold()
    {
        using var folder = new TemporaryFolder();
        using var ecdsa = System.Security.Cryptography.ECDsa.Create(System.Security.Cryptography.ECCurve.NamedCurves.nistP256);
        File.WriteAllText(folder.File("secret"), GoodSecret + "\n");
        File.WriteAllText(folder.File("key.pem"), ecdsa.ExportSubjectPublicKeyInfoPem());
        File.WriteAllText(folder.File("keys.json"), """{"keys":[{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T"}]}""");

        Assert.That(Add((Secret, GoodSecret)), Is.EqualTo(AuthSource.Secret));
        Assert.That(Add(("Auth:Jwt:SecretFile", folder.File("secret"))), Is.EqualTo(AuthSource.Secret));
        Assert.That(Add(("Auth:Jwt:KeyFile", folder.File("key.pem"))), Is.EqualTo(AuthSource.KeyFile));
        Assert.That(Add(("Auth:Jwt:Jwks", folder.File("keys.json"))), Is.EqualTo(AuthSource.Jwks));
        Assert.That(Add(("Auth:Jwt:Jwks", "https://issuer.example/jwks")), Is.EqualTo(AuthSource.Jwks));
        Assert.That(Add(("Auth:Webhook:Url", "https://shop.example/verify")), Is.EqualTo(AuthSource.Webhook));
    }

    [TestCase(Secret, "short", "Auth:Jwt:Secret has 5 bytes: a shared secret needs at least 32 (HS256)")]
    [TestCase(Secret, "", "Auth:Jwt:Secret is empty")]
    [TestCase(Secret, "   ", "Auth:Jwt:Secret is empty")]
    [TestCase("Auth:Jwt:SecretFile", "/nowhere/secret", "Auth:Jwt:SecretFile is '/nowhere/secret': the file cannot be read")]
    [TestCase("Auth:Jwt:KeyFile", "", "Auth:Jwt:KeyFile is empty")]
    [TestCase("Auth:Jwt:Jwks", "/nowhere/keys.json", "Auth:Jwt:Jwks is '/nowhere/keys.json': the file cannot be used")]
    [TestCase("Auth:Jwt:Jwks", "ftp://x/keys", "Auth:Jwt:Jwks must be an absolute http:// or https:// URL")]
    [TestCase("Auth:Jwt:Jwks", "https://me:hunter2@x/keys", "Auth:Jwt:Jwks must not contain a user name or password")]
    [TestCase("Auth:Jwt:Algorithms", "HS256,none", "Auth:Jwt:Algorithms is 'HS256, none': it must be one or more of HS256, HS384, HS512, RS256, PS256, ES256, separated by commas")]
    [TestCase("Auth:Jwt:Algorithms", "hs256", "Auth:Jwt:Algorithms is 'hs256'")]
    [TestCase("Auth:Jwt:Algorithms", "", "Auth:Jwt:Algorithms is ''")]
    [TestCase("Auth:Jwt:Algorithms", "RS256", "Auth:Jwt:Algorithms is 'RS256': the configured key cannot do RS256; it can do HS256")]
    [TestCase("Auth:Jwt:Algorithms:0", "none", "Auth:Jwt:Algorithms is 'none': it must be one or more of HS256")]
    [TestCase("Auth:Jwt:Algorithms:0", "RS256", "Auth:Jwt:Algorithms is 'RS256': the configured key cannot do RS256; it can do HS256")]
    [TestCase("Auth:Jwt:Issuer", "", "Auth:Jwt:Issuer is empty")]
    [TestCase("Auth:Jwt:Audience", "", "Auth:Jwt:Audience is empty")]
    [TestCase("Auth:Jwt:UserClaim", "exp", "Auth:Jwt:UserClaim is 'exp': it must name a claim other than iss, aud, exp, nbf, iat")]
    [TestCase("Auth:Jwt:TopicsClaim", "", "Auth:Jwt:TopicsClaim is ''")]
    [TestCase("Auth:Jwt:TopicsClaim", "sub", "Auth:Jwt:TopicsClaim is 'sub': it must differ from Auth:Jwt:UserClaim")]
    [TestCase("Auth:Jwt:ClockSkew", "00:10:01", "Auth:Jwt:ClockSkew is '00:10:01': it must be from 00:00:00 to 00:10:00")]
    [TestCase("Auth:Jwt:ClockSkew", "-00:00:01", "Auth:Jwt:ClockSkew is '-00:00:01'")]
    [TestCase("Auth:Jwt:JwksCooldown", "00:00:00", "Auth:Jwt:JwksCooldown is '00:00:00'")]
    [TestCase("Auth:Jwt:JwksRefresh", "00:00:00", "Auth:Jwt:JwksRefresh is '00:00:00'")]
    [TestCase("Auth:Jwt:JwksTimeout", "00:02:00", "Auth:Jwt:JwksTimeout is '00:02:00'")]
    [TestCase("Auth:Jwt:RequireExpiry", "maybe", "Auth:Jwt:RequireExpiry is 'maybe': it must be true or false")]
    [TestCase("Auth:MaxTokenLength", "100", "Auth:MaxTokenLength is '100': it must be from 256 to 65536")]
    [TestCase("Auth:Webhook:Url", "/verify", "Auth:Webhook:Url must be an absolute http:// or https:// URL")]
    [TestCase("Auth:Webhook:Url", "file:///etc/passwd", "Auth:Webhook:Url must be an absolute http:// or https:// URL")]
    [TestCase("Auth:Webhook:Key", "k", "Auth:Webhook:Url is missing: a webhook key is given, but no webhook")]
    [TestCase("Auth:Webhook:Key", "two words", "Auth:Webhook:Key must consist of visible ASCII characters without spaces")]
    [TestCase("Auth:Webhook:Timeout", "00:01:00", "Auth:Webhook:Timeout is '00:01:00'")]
    [TestCase("Auth:Webhook:CacheDuration", "01:00:00", "Auth:Webhook:CacheDuration is '01:00:00'")]
    [TestCase("Auth:Webhook:CacheSize", "0", "Auth:Webhook:CacheSize is '0'")]
    [TestCase("Auth:Webhook:MaxConcurrent", "0", "Auth:Webhook:MaxConcurrent is '0'")]
    [TestCase("Auth:Webhook:MaxWaiting", "-1", "Auth:Webhook:MaxWaiting is '-1'")]
    public void WrongSetting_StopsTheStart_WithASentence(string key, string value, string expected) =>
        Assert.That(() => Add((key, value)), Throws.TypeOf<SettingsException>().With.Message.Contain(expected));

    [Test]
    public void SecretAlgorithms_AreCheckedAgainstItsLength() =>
        Assert.That(
            () => Add((Secret, GoodSecret), ("Auth:Jwt:Algorithms", "HS256, HS512")),
            Throws.TypeOf<SettingsException>().With.Message.Contain("the configured key cannot do HS512; it can do HS256"));

    [Test]
    public void SecretsAtAUrl_CannotBeAllowed() =>
        Assert.That(
            () => Add(("Auth:Jwt:Jwks", "https://issuer.example/jwks"), ("Auth:Jwt:Algorithms", "HS256")),
            Throws.TypeOf<SettingsException>().With.Message.Contain("cannot do HS256; it can do RS256, PS256, ES256"));

    [Test]
    public void TwoSources_AreRefused_NamingBoth() =>
        Assert.That(
            () => Add((Secret, GoodSecret), ("Auth:Webhook:Url", "https://shop.example/verify")),
            Throws.TypeOf<SettingsException>().With.Message.Contain("Auth:Jwt:Secret cannot be combined with Auth:Webhook:Url"));

    [TestCase("Auth:Jwt:Secret", "tooshort-hunter2")]
    [TestCase("Auth:Jwt:Secrte", "hunter2-hunter2-hunter2-hunter2-hunter2")]
    [TestCase("Auth:Jwt:Secret:0", "hunter2-hunter2-hunter2-hunter2-hunter2")]
    [TestCase("Auth:Webhook:Key", "hunter2 with a space")]
    [TestCase("Auth:Webhook:Keyy", "hunter2")]
    [TestCase("Auth:Webhook:Url", "hunter2")]
    public void Secrets_AreNeverInAnError(string key, string value) =>
        Assert.That(() => Add((key, value)), Throws.TypeOf<SettingsException>().With.Message.Not.Contain("hunter2").And.Message.Contain("Auth:"));

    [Test]
    public void SecretFile_ThatIsNoText_IsRefused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("secret"), [.. Enumerable.Repeat((byte)0xFF, 64)]);

        Assert.That(
            () => Add(("Auth:Jwt:SecretFile", folder.File("secret"))),
            Throws.TypeOf<SettingsException>().With.Message.Contain("the file is not text in UTF-8"));
    }

    [Test]
    public void JwksFile_ThatIsMalformed_IsRefused_WithoutQuotingIt()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("keys.json"), """{"keys":[{"kty":"oct","k":truehunter2hunter2}]}""");

        Assert.That(
            () => Add(("Auth:Jwt:Jwks", folder.File("keys.json"))),
            Throws.TypeOf<SettingsException>().With.Message.Contain("it is malformed JSON at line 1, byte 31").And.Message.Not.Contain("hunter2"));
    }

    [Test]
    public void WebhookKeyFile_WithTwoLines_IsRefused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("key"), "one\ntwo\n");

        Assert.That(
            () => Add(("Auth:Webhook:Url", "https://shop.example/verify"), ("Auth:Webhook:KeyFile", folder.File("key"))),
            Throws.TypeOf<SettingsException>().With.Message.Contain("visible ASCII").And.Message.Not.Contain("two"));
    }

    private static AuthSource Add(params (string Key, string? Value)[] settings)
    {
        var services = new ServiceCollection();
        IConfiguration configuration = TestTokens.Configuration(settings);
        return services.AddAuth(configuration);
    }
}
