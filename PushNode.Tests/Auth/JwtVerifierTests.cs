using System.Security.Cryptography;
using System.Text;
using PushNode.Auth;
using PushNode.Auth.Keys;

namespace PushNode.Tests.Auth;

/// <summary>The form of a token, its header and its signature.</summary>
internal sealed class JwtVerifierTests
{
    [Test]
    public async Task GoodToken_IsAccepted()
    {
        AuthResult result = await TestTokens.Verifier().VerifyAsync(TestTokens.Hs256(TestTokens.GoodClaims));

        Assert.That(result.Failure, Is.EqualTo(AuthFailure.None), result.Reason);
        Assert.That(result.Identity!.UserId, Is.EqualTo("alice"));
        Assert.That(result.Identity.IssuedAt, Is.Zero, "a token without 'iat' is older than any revocation");
        Assert.That(result.Identity.Topics.Patterns, Is.Empty);
    }

    [Test]
    public async Task Truncated_AtEveryCharacter_IsRefused()
    {
        string token = TestTokens.Hs256(TestTokens.GoodClaims);

        for (int length = 0; length < token.Length; length++)
            await AssertRefusedAsync(token[..length]);
    }

    [Test]
    public async Task AnyBitFlipped_IsRefused()
    {
        string token = TestTokens.Hs256(TestTokens.GoodClaims);

        for (int i = 0; i < token.Length; i++)
        {
            for (int bit = 0; bit < 16; bit++)
                await AssertRefusedAsync($"{token[..i]}{(char)(token[i] ^ (1 << bit))}{token[(i + 1)..]}");
        }
    }

    [Test]
    public async Task AnyCharacterReplaced_IsRefused()
    {
        const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ \n.";
        string token = TestTokens.Hs256(TestTokens.GoodClaims);

        for (int i = 0; i < token.Length; i++)
        {
            foreach (char other in Alphabet.Where(c => c != token[i]))
                await AssertRefusedAsync($"{token[..i]}{other}{token[(i + 1)..]}");
        }
    }

    [TestCase("")]
    [TestCase(".")]
    [TestCase("..")]
    [TestCase("...")]
    [TestCase("a.b.c")]
    [TestCase("not a token")]
    [TestCase("\0\0.\0\0.\0\0")]
    [TestCase("é.ü.ß")]
    [TestCase("\ud800.\ud800.\ud800")]
    public async Task Garbage_IsRefused(string token) => await AssertRefusedAsync(token);

    [TestCase("{0}=", Description = "padding")]
    [TestCase(" {0}")]
    [TestCase("{0}\n")]
    [TestCase("{0}.")]
    [TestCase(".{0}")]
    [TestCase("Bearer {0}")]
    public async Task SomethingAround_IsRefused(string format) =>
        await AssertRefusedAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, format, TestTokens.Hs256(TestTokens.GoodClaims)));

    [TestCase("none")]
    [TestCase("None")]
    [TestCase("NONE")]
    [TestCase("nOnE")]
    [TestCase("")]
    [TestCase("hs256")]
    [TestCase("HS256 ")]
    [TestCase("Empty")]
    [TestCase("Symmetric")]
    [TestCase("1")]
    [TestCase("RS256")]
    [TestCase("ES256")]
    [TestCase("HS1")]
    public async Task Algorithm_NotAllowed_IsRefusedByName(string algorithm)
    {
        string header = $$"""{"alg":"{{algorithm}}"}""";
        string signed = TestTokens.Hs256(TestTokens.GoodClaims, header);
        string unsigned = $"{TestTokens.Encode(header)}.{TestTokens.Encode(TestTokens.GoodClaims)}.";

        foreach (string token in new[] { signed, unsigned })
        {
            AuthResult result = await TestTokens.Verifier().VerifyAsync(token);
            Assert.That(result.Reason, Is.EqualTo($"alg '{algorithm}' is not allowed (allowed: HS256, HS384, HS512)"));
        }
    }

    [TestCase("""{"typ":"JWT"}""", "it has no 'alg'")]
    [TestCase("""{"alg":null}""", "'alg' is not a string")]
    [TestCase("""{"alg":["HS256"]}""", "'alg' is not a string")]
    [TestCase("""{"alg":"HS256","kid":7}""", "'kid' is not a string")]
    [TestCase("""{"alg":"HS256","alg":"HS256"}""", "it has 'alg' twice")]
    [TestCase("""{"alg":"none","\u0061lg":"HS256"}""", "it has 'alg' twice")]
    [TestCase("""{"\u0061lg":"HS256","al\u0067":"HS256"}""", "it has 'alg' twice")]
    [TestCase("""{"alg":"HS256","x":1,"x":2}""", "it has 'x' twice")]
    [TestCase("""{"alg":"HS256","crit":["exp"],"exp":1}""", "it has 'crit', and no critical extension is supported")]
    [TestCase("""{"alg":"HS256","crit":[]}""", "it has 'crit', and no critical extension is supported")]
    [TestCase("""{"alg":"HS256","b64":false}""", "it has 'b64' that is not true: unencoded payloads are not supported")]
    [TestCase("""{"alg":"HS256","b64":"true"}""", "it has 'b64' that is not true: unencoded payloads are not supported")]
    [TestCase("""["HS256"]""", "it is not a JSON object")]
    [TestCase("\"HS256\"", "it is not a JSON object")]
    [TestCase("""{"alg":"HS256"} {}""", "it is malformed JSON at line 1, byte 17")]
    [TestCase("""{"alg":"HS256",}""", "it is malformed JSON at line 1, byte 16")]
    [TestCase("""{'alg':'HS256'}""", "it is malformed JSON at line 1, byte 2")]
    [TestCase("""{"alg":"HS256"/**/}""", "it is malformed JSON at line 1, byte 15")]
    [TestCase("""{"alg":"HS256","\ud800":1}""", "it has half a surrogate pair in a name before byte 24")]
    public async Task Header_NotAsItShouldBe_IsRefusedWithTheReason(string header, string reason)
    {
        AuthResult result = await TestTokens.Verifier().VerifyAsync(TestTokens.Hs256(TestTokens.GoodClaims, header));

        Assert.That(result.Reason, Is.EqualTo($"the token's header is refused: {reason}"));
    }

    [TestCase("""{"alg":"HS256","kid":"whatever"}""", Description = "one configured key has no name")]
    [TestCase("""{"alg":"HS256","b64":true}""")]
    [TestCase("""{"typ":"at+jwt","\u0061lg":"HS256","nested":{"alg":"none","a":[1,{}]}}""")]
    [TestCase("{\r\n \"alg\" : \"HS256\"\t}\n")]
    public async Task Header_UnusualButRight_IsAccepted(string header)
    {
        AuthResult result = await TestTokens.Verifier().VerifyAsync(TestTokens.Hs256(TestTokens.GoodClaims, header));

        Assert.That(result.Reason, Is.Null);
    }

    [Test]
    public async Task Header_ThatBringsItsOwnKey_IsNotBelieved()
    {
        using RSA attacker = RSA.Create(2048);
        using RSA ours = RSA.Create(2048);
        RSAParameters p = attacker.ExportParameters(false);
        string jwk = $$"""{"kty":"RSA","n":"{{System.Buffers.Text.Base64Url.EncodeToString(p.Modulus)}}","e":"AQAB"}""";
        string token = TestTokens.Assemble(
            $$"""{"alg":"RS256","jwk":{{jwk}},"jku":"https://attacker.example/keys"}""",
            TestTokens.GoodClaims,
            data => attacker.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));

        AuthResult result = await TestTokens.Verifier(new RsaKey(null, ours.ExportParameters(false))).VerifyAsync(token);

        Assert.That(result.Reason, Is.EqualTo("signature does not match"));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(31)]
    [TestCase(33)]
    [TestCase(64)]
    public async Task Hmac_SignatureOfAnotherLength_IsRefused(int length)
    {
        string token = TestTokens.Assemble("""{"alg":"HS256"}""", TestTokens.GoodClaims, data =>
        {
            byte[] signature = HMACSHA256.HashData(Encoding.UTF8.GetBytes(TestTokens.Secret), data);
            Array.Resize(ref signature, length);
            return signature;
        });

        AuthResult result = await TestTokens.Verifier().VerifyAsync(token);

        Assert.That(result.Reason, Is.EqualTo("signature does not match"));
    }

    [Test]
    public async Task Es256_InDerForm_OrAllZero_OrOfAnotherLength_IsRefused()
    {
        using ECDsa ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var verifier = TestTokens.Verifier(new EcKey(null, ecdsa.ExportParameters(false)));
        Func<byte[], byte[]>[] wrong =
        [
            data => ecdsa.SignData(data, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence),
            static _ => new byte[64],
            static _ => [],
            data => ecdsa.SignData(data, HashAlgorithmName.SHA256)[..63],
            data => [.. ecdsa.SignData(data, HashAlgorithmName.SHA256), 0],
            static _ => [.. Enumerable.Repeat((byte)0xFF, 64)],
            data => ecdsa.SignData(data, HashAlgorithmName.SHA384),
        ];

        foreach (Func<byte[], byte[]> sign in wrong)
        {
            AuthResult result = await verifier.VerifyAsync(TestTokens.Assemble("""{"alg":"ES256"}""", TestTokens.GoodClaims, sign));
            Assert.That(result.Reason, Is.EqualTo("signature does not match"));
        }

        AuthResult right = await verifier.VerifyAsync(
            TestTokens.Assemble("""{"alg":"ES256"}""", TestTokens.GoodClaims, data => ecdsa.SignData(data, HashAlgorithmName.SHA256)));
        Assert.That(right.Reason, Is.Null);
    }

    [Test]
    public async Task Rsa_PaddingOfTheOtherAlgorithm_IsRefused()
    {
        using RSA rsa = RSA.Create(2048);
        var verifier = TestTokens.Verifier(new RsaKey(null, rsa.ExportParameters(false)));
        string pkcs1AsPss = TestTokens.Assemble("""{"alg":"PS256"}""", TestTokens.GoodClaims, data => rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        string pssAsPkcs1 = TestTokens.Assemble("""{"alg":"RS256"}""", TestTokens.GoodClaims, data => rsa.SignData(data, HashAlgorithmName.SHA256, RSASignaturePadding.Pss));

        foreach (string token in new[] { pkcs1AsPss, pssAsPkcs1 })
            Assert.That((await verifier.VerifyAsync(token)).Reason, Is.EqualTo("signature does not match"));
    }

    [Test]
    public async Task AllowList_LeavesOutAnAlgorithmTheKeyCouldDo()
    {
        AuthResult result = await TestTokens.Verifier(configure: static o => o.Jwt.Algorithms = ["HS512"]).VerifyAsync(TestTokens.Hs256(TestTokens.GoodClaims));

        Assert.That(result.Reason, Is.EqualTo("alg 'HS256' is not allowed (allowed: HS512)"));
    }

    [Test]
    public async Task TokenLength_AtTheLimit_IsLookedAt_AndOneMoreIsNot()
    {
        string token = TestTokens.Hs256(TestTokens.GoodClaims);

        AuthResult at = await TestTokens.Verifier(configure: o => o.MaxTokenLength = token.Length).VerifyAsync(token);
        AuthResult above = await TestTokens.Verifier(configure: o => o.MaxTokenLength = token.Length - 1).VerifyAsync(token);

        Assert.That(at.Reason, Is.Null);
        Assert.That(above.Reason, Is.EqualTo($"the token has {token.Length} characters; the limit is {token.Length - 1}"));
    }

    [Test]
    public async Task Refusals_NeverRepeatTheToken()
    {
        string token = TestTokens.Hs256(TestTokens.GoodClaims);
        string[] parts = token.Split('.');
        string[] bad = [token[..^1], $"{token}x", $"x{token}", token.Replace('.', ':'), $"{parts[0]}.{parts[1]}.{parts[0]}", new string('a', 5000) + token];

        foreach (string sent in bad)
        {
            AuthResult result = await TestTokens.Verifier().VerifyAsync(sent);
            Assert.That(parts.Any(p => result.Reason!.Contains(p[..10], StringComparison.Ordinal)), Is.False, result.Reason);
        }
    }

    [Test]
    public async Task ManyThreads_WithOneAsymmetricKey_AllGetTheRightAnswer()
    {
        using ECDsa ecdsa = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var verifier = TestTokens.Verifier(new EcKey(null, ecdsa.ExportParameters(false)));
        string good = TestTokens.Assemble("""{"alg":"ES256"}""", TestTokens.GoodClaims, data => ecdsa.SignData(data, HashAlgorithmName.SHA256));
        string bad = TestTokens.Assemble("""{"alg":"ES256"}""", TestTokens.GoodClaims, data => ecdsa.SignData([.. data, 0], HashAlgorithmName.SHA256));

        await Parallel.ForAsync(0, 400, async (i, _) =>
        {
            AuthResult result = await verifier.VerifyAsync(i % 2 == 0 ? good : bad);
            Assert.That(result.Failure, Is.EqualTo(i % 2 == 0 ? AuthFailure.None : AuthFailure.Invalid));
        });
    }

    private static async Task AssertRefusedAsync(string token)
    {
        AuthResult result = await TestTokens.Verifier().VerifyAsync(token);
        if (result.Failure != AuthFailure.Invalid || string.IsNullOrEmpty(result.Reason))
            Assert.Fail($"'{token}' gave {result}");
    }
}
