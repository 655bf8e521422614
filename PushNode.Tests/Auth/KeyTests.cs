using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using PushNode.Auth;
using PushNode.Auth.Keys;
using PushNode.Settings;
using PushNode.Tests.Support;

namespace PushNode.Tests.Auth;

/// <summary>Keys as files have them: which are taken, and what is said about the others.</summary>
internal sealed class KeyTests
{
    [TestCase(true)]
    [TestCase(false)]
    public async Task Certificate_IsTakenForItsKey(bool rsa)
    {
        using RSA rsaKey = RSA.Create(2048);
        using ECDsa ecKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var name = new X500DistinguishedName("CN=issuer");
        CertificateRequest request = rsa
            ? new CertificateRequest(name, rsaKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)
            : new CertificateRequest(name, ecKey, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.CreateSelfSigned(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2021, 1, 1, 0, 0, 0, TimeSpan.Zero));
        string token = rsa
            ? TestTokens.Assemble("""{"alg":"RS256"}""", TestTokens.GoodClaims, data => rsaKey.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))
            : TestTokens.Assemble("""{"alg":"ES256"}""", TestTokens.GoodClaims, data => ecKey.SignData(data, HashAlgorithmName.SHA256));

        AuthResult result = await TestTokens.Verifier(Read(certificate.ExportCertificatePem())).VerifyAsync(token);

        Assert.That(result.Reason, Is.Null);
    }

    [Test]
    public void RsaPublicKey_InPkcs1Form_IsTaken()
    {
        using RSA rsa = RSA.Create(2048);

        Assert.That(Read(rsa.ExportRSAPublicKeyPem()).Algorithms, Is.EqualTo(JwsAlgorithms.Rsa));
    }

    [Test]
    public void RsaKey_Below2048Bits_IsRefused()
    {
        using RSA rsa = RSA.Create(1024);

        Assert.That(() => Read(rsa.ExportSubjectPublicKeyInfoPem()), Throws.TypeOf<SettingsException>().With.Message.Contain("an RSA key of 1024 bits; it must have 2048 to 16384"));
    }

    [Test]
    public void RsaKey_WithExponentOne_IsRefused()
    {
        using RSA rsa = RSA.Create(2048);
        RSAParameters parameters = rsa.ExportParameters(false);
        parameters.Exponent = [1];

        Assert.That(() => new RsaKey(null, parameters), Throws.InstanceOf<CryptographicException>());
    }

    [Test]
    public void EcKey_OnAnotherCurve_IsRefused()
    {
        using ECDsa ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP384);

        Assert.That(() => Read(ecdsa.ExportSubjectPublicKeyInfoPem()), Throws.TypeOf<SettingsException>().With.Message.Contain("another curve than P-256"));
    }

    [TestCase("", "the file is empty")]
    [TestCase("hello", "the file holds no PEM block")]
    [TestCase("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "the file cannot be used")]
    [TestCase("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "the file cannot be used")]
    [TestCase("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n", "the file holds a CERTIFICATE REQUEST that is no RSA or EC public key")]
    public void KeyFile_ThatHoldsNoKey_IsRefused(string text, string expected) =>
        Assert.That(() => Read(text), Throws.TypeOf<SettingsException>().With.Message.StartWith("Auth:Jwt:KeyFile is '").And.Message.Contain(expected));

    [Test]
    public void KeyFile_WithTwoKeys_IsRefused()
    {
        using ECDsa ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string pem = ecdsa.ExportSubjectPublicKeyInfoPem();

        Assert.That(() => Read($"{pem}\n{pem}"), Throws.TypeOf<SettingsException>().With.Message.Contain("more than one PEM block"));
    }

    [Test]
    public void KeyFile_Missing_IsRefused() =>
        Assert.That(() => PemFile.Read("Auth:Jwt:KeyFile", "/nowhere/key.pem"), Throws.TypeOf<SettingsException>().With.Message.Contain("the file cannot be read"));

    [TestCase(31, JwsAlgorithms.Empty)]
    [TestCase(32, JwsAlgorithms.HS256)]
    [TestCase(47, JwsAlgorithms.HS256)]
    [TestCase(48, JwsAlgorithms.HS256 | JwsAlgorithms.HS384)]
    [TestCase(63, JwsAlgorithms.HS256 | JwsAlgorithms.HS384)]
    [TestCase(64, JwsAlgorithms.Symmetric)]
    public void Secret_LengthDecidesTheAlgorithms(int length, JwsAlgorithms expected) =>
        Assert.That(new HmacKey(null, new byte[length]).Algorithms, Is.EqualTo(expected));

    [TestCase("{}", "it is no key set")]
    [TestCase("[]", "it is no key set")]
    [TestCase("<html>", "it is malformed JSON")]
    [TestCase("""{"keys":[],"keys":[]}""", "it is malformed JSON")]
    [TestCase("""{"keys":[]}""", "none of its 0 keys can be used")]
    [TestCase("""{"keys":[7]}""", "none of its 1 keys can be used (the last one: no JSON object)")]
    [TestCase("""{"keys":[{"kty":"oct","k":"c2hvcnQ"}]}""", "none of its 1 keys can be used")]
    [TestCase("""{"keys":[{"kty":"oct","use":"enc","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T"}]}""", "(the last one: not for verifying signatures)")]
    [TestCase("""{"keys":[{"kty":"oct","key_ops":["sign"],"k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T"}]}""", "(the last one: not for verifying signatures)")]
    [TestCase("""{"keys":[{"kty":"oct","alg":"RS256","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T"}]}""", "none of its 1 keys can be used")]
    [TestCase("""{"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}]}""", "none of its 1 keys can be used")]
    [TestCase("""{"keys":[{"kty":"EC","crv":"P-384","x":"f83O","y":"f83O"}]}""", "none of its 1 keys can be used")]
    [TestCase("""{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}""", "none of its 1 keys can be used")]
    [TestCase("""{"keys":[{"kty":"RSA","n":"AAAA","e":"AQAB"}]}""", "an RSA key of 0 bits")]
    [TestCase("""{"keys":[{"kty":"RSA","n":"AQ","e":"AA"}]}""", "an RSA key of 1 bits")]
    [TestCase("""{"keys":[{"kty":"RSA"}]}""", "none of its 1 keys can be used")]
    [TestCase("""{"keys":[{"kty":"RSA","n":7,"e":[]}]}""", "none of its 1 keys can be used")]
    [TestCase("""{"keys":[{"kty":"\ud800"}]}""", "half a surrogate pair")]
    public void Jwks_WithoutAUsableKey_IsRefused(string json, string expected) =>
        Assert.That(() => Parse(json), Throws.TypeOf<FormatException>().With.Message.Contain(expected));

    [Test]
    public void Jwks_FromTheNetwork_HasNoSecrets()
    {
        const string Json = """{"keys":[{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T"}]}""";

        Assert.That(Parse(Json).Count, Is.EqualTo(1));
        Assert.That(() => JwksDocument.Parse(Encoding.UTF8.GetBytes(Json), JwsAlgorithms.Asymmetric), Throws.TypeOf<FormatException>());
    }

    [Test]
    public void Jwks_KeyWithAnAlgorithm_DoesNothingElse()
    {
        using RSA rsa = RSA.Create(2048);
        string n = Base64Url.EncodeToString(rsa.ExportParameters(false).Modulus);

        KeySet keys = Parse($$"""{"keys":[{"kty":"RSA","kid":"a","alg":"PS256","n":"{{n}}","e":"AQAB"},{"kty":"OKP","crv":"Ed25519","x":"AA"}]}""");

        Assert.That(keys.Count, Is.EqualTo(1));
        Assert.That(keys.Find(JwsAlgorithms.PS256, "a", out _), Is.EqualTo(1));
        Assert.That(keys.Find(JwsAlgorithms.RS256, "a", out _), Is.Zero);
    }

    [Test]
    public async Task Jwks_ModulusWithAZeroBefore_IsTheSameKey()
    {
        using RSA rsa = RSA.Create(2048);
        string n = Base64Url.EncodeToString([0, .. rsa.ExportParameters(false).Modulus!]);
        KeySet keys = Parse($$"""{"keys":[{"kty":"RSA","n":"{{n}}","e":"AQAB"}]}""");
        keys.Find(JwsAlgorithms.RS256, null, out VerificationKey? key);
        string token = TestTokens.Assemble("""{"alg":"RS256"}""", TestTokens.GoodClaims, data => rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

        Assert.That((await TestTokens.Verifier(key).VerifyAsync(token)).Reason, Is.Null);
    }

    [Test]
    public void Find_WithoutAName_OnlyWhereThereIsNoChoice()
    {
        KeySet keys = KeySet.Named([new HmacKey("a", new byte[32]), new HmacKey("b", new byte[64]), new HmacKey(null, new byte[32])]);

        Assert.That(keys.Find(JwsAlgorithms.HS256, null, out _), Is.EqualTo(3));
        Assert.That(keys.Find(JwsAlgorithms.HS512, null, out VerificationKey? only), Is.EqualTo(1));
        Assert.That(only!.KeyId, Is.EqualTo("b"));
        Assert.That(keys.Find(JwsAlgorithms.HS256, "c", out _), Is.Zero);
    }

    private static KeySet Parse(string json) => JwksDocument.Parse(Encoding.UTF8.GetBytes(json), JwsAlgorithms.Symmetric | JwsAlgorithms.Asymmetric);

    private static VerificationKey Read(string pem)
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("key.pem"), pem);
        return PemFile.Read("Auth:Jwt:KeyFile", folder.File("key.pem"));
    }
}
