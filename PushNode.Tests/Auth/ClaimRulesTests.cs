using System.Globalization;
using PushNode.Auth;
using PushNode.Tests.Support;

namespace PushNode.Tests.Auth;

/// <summary>The claims of a token that is signed as it should be.</summary>
internal sealed class ClaimRulesTests
{
    private const long Now = TestTokens.Now;

    [TestCase(29, true)]
    [TestCase(30, false, Description = "at the end it has ended")]
    [TestCase(31, false)]
    public async Task Expiry_WithTheSkewOf30Seconds(int secondsAfter, bool accepted)
    {
        var time = new ManualTime();
        time.Advance(TimeSpan.FromSeconds(secondsAfter));

        AuthResult result = await TestTokens.Verifier(time: time).VerifyAsync(TestTokens.Hs256($$"""{"sub":"alice","exp":{{Now}}}"""));

        Assert.That(result.Reason, Is.EqualTo(accepted ? null : "expired at 2026-11-21T08:00:00.000Z"));
    }

    [TestCase(0)]
    [TestCase(30)]
    [TestCase(600)]
    public async Task Accepted_ExpiresAtTheMomentFromWhichItIsRefused(int skew)
    {
        var time = new ManualTime();
        IAuthenticator verifier = TestTokens.Verifier(time: time, configure: o => o.Jwt.ClockSkew = TimeSpan.FromSeconds(skew));
        string token = TestTokens.Hs256($$"""{"sub":"alice","exp":{{Now + 1}}}""");

        AuthResult accepted = await verifier.VerifyAsync(token);
        long end = accepted.Identity!.ExpiresAt;
        time.Advance(DateTimeOffset.FromUnixTimeMilliseconds(end - 1) - time.GetUtcNow());
        AuthResult last = await verifier.VerifyAsync(token);
        time.Advance(TimeSpan.FromMilliseconds(1));
        AuthResult refused = await verifier.VerifyAsync(token);

        Assert.That(end, Is.EqualTo((Now + 1 + skew) * 1000));
        Assert.That(last.Identity?.ExpiresAt, Is.EqualTo(end), last.Reason);
        Assert.That(refused.Reason, Is.EqualTo("expired at 2026-11-21T08:00:01.000Z"));
    }

    [TestCase("nbf", 30, null)]
    [TestCase("nbf", 31, "not valid before 2026-11-21T08:00:31.000Z")]
    [TestCase("iat", 30, null)]
    [TestCase("iat", 31, "issued in the future, at 2026-11-21T08:00:31.000Z")]
    public async Task Beginning_WithTheSkewOf30Seconds(string claim, int secondsAhead, string? reason)
    {
        string token = TestTokens.Hs256($$"""{"sub":"alice","exp":{{Now + 600}},"{{claim}}":{{Now + secondsAhead}}}""");

        AuthResult result = await TestTokens.Verifier().VerifyAsync(token);

        Assert.That(result.Reason, Is.EqualTo(reason));
    }

    [Test]
    public async Task Skew_CanBeZero()
    {
        AuthResult result = await TestTokens.Verifier(configure: static o => o.Jwt.ClockSkew = TimeSpan.Zero)
            .VerifyAsync(TestTokens.Hs256($$"""{"sub":"alice","exp":{{Now}}}"""));

        Assert.That(result.Reason, Is.EqualTo("expired at 2026-11-21T08:00:00.000Z"));
    }

    [Test]
    public async Task NoExpiry_IsRefused_UnlessTheSettingsAllowIt()
    {
        string token = TestTokens.Hs256("""{"sub":"alice"}""");

        AuthResult refused = await TestTokens.Verifier().VerifyAsync(token);
        AuthResult accepted = await TestTokens.Verifier(configure: static o => o.Jwt.RequireExpiry = false).VerifyAsync(token);

        Assert.That(refused.Reason, Does.StartWith("claim 'exp' is missing"));
        Assert.That(accepted.Identity!.ExpiresAt, Is.EqualTo(long.MaxValue));
    }

    [TestCase("1795251600", 1_795_251_630_000)]
    [TestCase("1795251600.0", 1_795_251_630_000)]
    [TestCase("1795251600.25", 1_795_251_630_250)]
    [TestCase("1.7952516e9", 1_795_251_630_000)]
    [TestCase("253402300799", 253_402_300_799_999, Description = "no time is later than the year 9999")]
    public async Task Expiry_AnyNumber_IsRead_WithTheSkewOf30Seconds(string number, long expected)
    {
        AuthResult result = await TestTokens.Verifier().VerifyAsync(TestTokens.Hs256($$"""{"sub":"alice","exp":{{number}}}"""));

        Assert.That(result.Identity?.ExpiresAt, Is.EqualTo(expected), result.Reason);
    }

    [TestCase("\"1795251600\"", "is not a number")]
    [TestCase("null", "is not a number")]
    [TestCase("true", "is not a number")]
    [TestCase("[1795251600]", "is not a number")]
    [TestCase("-1", "is not a time in seconds since 1970")]
    [TestCase("1795251600000", "is not a time in seconds since 1970", Description = "milliseconds")]
    [TestCase("1e400", "is not a time in seconds since 1970")]
    [TestCase("99999999999999999999999999999999999999", "is not a time in seconds since 1970")]
    public async Task Times_ThatAreNone_AreRefused(string value, string reason)
    {
        foreach (string claim in new[] { "exp", "nbf", "iat" })
        {
            AuthResult result = await TestTokens.Verifier(configure: static o => o.Jwt.RequireExpiry = false)
                .VerifyAsync(TestTokens.Hs256($$"""{"sub":"alice","{{claim}}":{{value}}}"""));
            Assert.That(result.Reason, Is.EqualTo($"claim '{claim}' {reason}"));
        }
    }

    [TestCase("\"https://issuer.example/\"", null)]
    [TestCase("\"https://issuer.example\"", "issuer is 'https://issuer.example', expected 'https://issuer.example/'")]
    [TestCase("\"HTTPS://issuer.example/\"", "issuer is 'HTTPS://issuer.example/', expected 'https://issuer.example/'")]
    [TestCase("\"x\\u0000\\n\"", "issuer is 'x??', expected 'https://issuer.example/'")]
    [TestCase("[\"https://issuer.example/\"]", "claim 'iss' is not a string")]
    [TestCase(null, "claim 'iss' is missing, expected 'https://issuer.example/'")]
    public async Task Issuer_MustBeExactlyTheConfigured(string? issuer, string? reason)
    {
        AuthResult result = await TestTokens.Verifier(configure: static o => o.Jwt.Issuer = "https://issuer.example/").VerifyAsync(With("iss", issuer));

        Assert.That(result.Reason, Is.EqualTo(reason));
    }

    [TestCase("\"push\"", null)]
    [TestCase("[\"other\",\"push\"]", null)]
    [TestCase("\"pushy\"", "audience is 'pushy', expected 'push'")]
    [TestCase("[\"a\",\"b\"]", "audience is 'a, b', expected 'push'")]
    [TestCase("[]", "audience is '', expected 'push'")]
    [TestCase("[\"push\",1]", "claim 'aud' is neither a string nor an array of strings")]
    [TestCase("{\"push\":1}", "claim 'aud' is neither a string nor an array of strings")]
    [TestCase(null, "claim 'aud' is missing, expected 'push'")]
    public async Task Audience_MustBeOrContainTheConfigured(string? audience, string? reason)
    {
        AuthResult result = await TestTokens.Verifier(configure: static o => o.Jwt.Audience = "push").VerifyAsync(With("aud", audience));

        Assert.That(result.Reason, Is.EqualTo(reason));
    }

    [TestCase("\"alice\"", null)]
    [TestCase("\"al\\u0069ce:7@x.y+z-_\"", null)]
    [TestCase("\"\"", "claim 'sub' is '', which is no user id: 1 to 128 characters of A-Z a-z 0-9 _ . @ : + -")]
    [TestCase("\"al ice\"", "claim 'sub' is 'al ice', which is no user id: 1 to 128 characters of A-Z a-z 0-9 _ . @ : + -")]
    [TestCase("\"zoë\"", "claim 'sub' is 'zo?', which is no user id: 1 to 128 characters of A-Z a-z 0-9 _ . @ : + -")]
    [TestCase("7", "claim 'sub' is not a string")]
    [TestCase("null", "claim 'sub' is not a string")]
    [TestCase("\"\\ud800\"", "claim 'sub' is not a string")]
    [TestCase(null, "claim 'sub' is missing: it says who the user is")]
    public async Task User_MustBeAnId(string? user, string? reason)
    {
        string token = TestTokens.Hs256(user is null ? $$"""{"exp":{{Now + 9}}}""" : $$"""{"sub":{{user}},"exp":{{Now + 9}}}""");

        AuthResult result = await TestTokens.Verifier().VerifyAsync(token);

        Assert.That(result.Reason, Is.EqualTo(reason));
    }

    [TestCase("[]", null)]
    [TestCase("[\"*\"]", null)]
    [TestCase("[\"news\",\"room.*\"]", null)]
    [TestCase("\"news\"", "claim 'topics' is not an array of strings")]
    [TestCase("null", "claim 'topics' is not an array of strings")]
    [TestCase("[\"news\",null]", "claim 'topics' is not an array of strings")]
    [TestCase("[[\"news\"]]", "claim 'topics' is not an array of strings")]
    [TestCase("[\"a*b\"]", "claim 'topics' has 'a*b', which is neither a topic nor a prefix with a star: 1 to 128 characters of A-Z a-z 0-9 _ . @ + -")]
    public async Task Topics_MustBePatterns(string topics, string? reason)
    {
        AuthResult result = await TestTokens.Verifier().VerifyAsync(With("topics", topics));

        Assert.That(result.Reason, Is.EqualTo(reason));
    }

    [Test]
    public async Task ClaimNames_CanBeConfigured()
    {
        string token = TestTokens.Hs256($$"""{"https:\/\/x.example\/user":"bob","sub":7,"topics":"ignored","may":["fx"],"exp":{{Now + 9}}}""");

        AuthResult result = await TestTokens.Verifier(configure: static o => (o.Jwt.UserClaim, o.Jwt.TopicsClaim) = ("https://x.example/user", "may")).VerifyAsync(token);

        Assert.That(result.Identity?.UserId, Is.EqualTo("bob"), result.Reason);
        Assert.That(result.Identity!.Topics.Allows("fx"), Is.True);
        Assert.That(result.Identity.Topics.Allows("fxx"), Is.False);
    }

    [TestCase("""{"sub":"alice","sub":"bob","exp":1795251600}""", "it has 'sub' twice")]
    [TestCase("""{"sub":"alice","exp":1795251600,"\u0073ub":"bob"}""", "it has 'sub' twice")]
    [TestCase("""{"sub":"alice","exp":1,"exp":1795251600}""", "it has 'exp' twice")]
    [TestCase("""{"sub":"alice","x":1,"x":1,"exp":1795251600}""", "it has 'x' twice")]
    [TestCase("""["alice"]""", "it is not a JSON object")]
    [TestCase("alice", "it is malformed JSON at line 1, byte 1")]
    [TestCase("", "it is malformed JSON at line 1, byte 1")]
    [TestCase("""{"sub":"alice","exp":1795251600""", "it is malformed JSON at line 1, byte 32")]
    [TestCase("""{"sub":"alice","exp":1795251600}x""", "it is malformed JSON at line 1, byte 33")]
    [TestCase("""{"sub":"alice","topics":["a",}""", "it is malformed JSON at line 1, byte 30")]
    [TestCase("\ufeff{}", "it is malformed JSON at line 1, byte 1")]
    public async Task Payload_NotAnObjectWithEachClaimOnce_IsRefused(string payload, string reason)
    {
        AuthResult result = await TestTokens.Verifier().VerifyAsync(TestTokens.Hs256(payload));

        Assert.That(result.Reason, Is.EqualTo($"the token's payload is refused: {reason}"));
    }

    [TestCase(64, null)]
    [TestCase(65, "the token's payload is refused: it has more than 64 members")]
    public async Task Payload_NumberOfClaims_IsBounded(int claims, string? reason)
    {
        string others = string.Concat(Enumerable.Range(0, claims - 2).Select(i => string.Create(CultureInfo.InvariantCulture, $",\"c{i}\":{i}")));

        AuthResult result = await TestTokens.Verifier().VerifyAsync(TestTokens.Hs256($$"""{"sub":"alice","exp":{{Now + 9}}{{others}}}"""));

        Assert.That(result.Reason, Is.EqualTo(reason));
    }

    private static string With(string claim, string? value) =>
        TestTokens.Hs256(value is null ? $$"""{"sub":"alice","exp":{{Now + 9}}}""" : $$"""{"sub":"alice","exp":{{Now + 9}},"{{claim}}":{{value}}}""");
}
