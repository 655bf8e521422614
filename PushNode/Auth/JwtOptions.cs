using System.Text;
using PushNode.Auth.Keys;
using PushNode.Settings;

namespace PushNode.Auth;

/// <summary>How signed tokens (JWT in compact form) are verified. At most one of the four keys may be given.</summary>
internal sealed class JwtOptions
{
    private static readonly string[] ReservedClaims = ["iss", "aud", "exp", "nbf", "iat"];

    /// <summary>The shared secret; its UTF-8 bytes are the key. HS256 takes at least 32 bytes, HS384 48, HS512 64 (RFC 7518 section 3.2).</summary>
    public string? Secret { get; set; }

    /// <summary>A file that holds the shared secret; line ends after it do not count.</summary>
    public string? SecretFile { get; set; }

    /// <summary>A PEM file with one public key or certificate: RSA from 2,048 bits, or EC on P-256. The dates of a certificate are not looked at.</summary>
    public string? KeyFile { get; set; }

    /// <summary>A JSON Web Key Set: the path of a file, or an http(s) URL. Keys for shared secrets (<c>oct</c>) count in files only.</summary>
    public string? Jwks { get; set; }

    /// <summary>How often the key set is read again; 1 s to 1 day. An unknown <c>kid</c> has it read at once.</summary>
    public TimeSpan JwksRefresh { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long after one reading of the key set an unknown <c>kid</c> starts no other; 1 s to 1 hour.</summary>
    public TimeSpan JwksCooldown { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the key server may take; 100 ms to 1 minute.</summary>
    public TimeSpan JwksTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The signatures that are accepted: HS256, HS384, HS512, RS256, PS256, ES256. Left out: all that the keys can do.</summary>
    public string[]? Algorithms { get; set; }

    /// <summary>What <c>iss</c> must be; left out, it is not looked at.</summary>
    public string? Issuer { get; set; }

    /// <summary>What <c>aud</c> must be or contain; left out, it is not looked at.</summary>
    public string? Audience { get; set; }

    /// <summary>The claim that holds the user id.</summary>
    public string UserClaim { get; set; } = "sub";

    /// <summary>The claim that holds the topics the token allows: an array of names (<c>news</c>) and prefixes (<c>room.*</c>).</summary>
    public string TopicsClaim { get; set; } = "topics";

    /// <summary>Whether a token without <c>exp</c> is refused. A token that never ends can only be stopped by revoking its user.</summary>
    public bool RequireExpiry { get; set; } = true;

    /// <summary>How far the clocks of the issuer and of this node may differ; 0 to 10 minutes. A token is valid for so much longer than its <c>exp</c> says.</summary>
    public TimeSpan ClockSkew { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary><see cref="Algorithms"/> as a set; null when it is left out.</summary>
    public JwsAlgorithms? AllowedAlgorithms => Algorithms is not null && JwsAlgorithmNames.TryParseAll(Algorithms, out JwsAlgorithms set) ? set : null;

    public IEnumerable<SettingError> Check() =>
    [
        .. CheckSecret(),
        .. CheckJwks(),
        .. CheckClaims(),
        .. SettingError.Range("Auth:Jwt:ClockSkew", ClockSkew, TimeSpan.Zero, TimeSpan.FromMinutes(10)),
    ];

    private IEnumerable<SettingError> CheckSecret()
    {
        if (!string.IsNullOrWhiteSpace(Secret) && Encoding.UTF8.GetByteCount(Secret) is var length && length < HmacKey.MinBytes)
            yield return HmacKey.TooShort("Auth:Jwt:Secret", length);
        if (Algorithms is not null && !JwsAlgorithmNames.TryParseAll(Algorithms, out _))
            yield return new SettingError("Auth:Jwt:Algorithms", string.Join(", ", Algorithms), $"it must be one or more of {JwsAlgorithmNames.All}, separated by commas");
    }

    private IEnumerable<SettingError> CheckJwks()
    {
        if (Jwks?.Contains("://", StringComparison.Ordinal) == true && HttpUrl.FindFault("Auth:Jwt:Jwks", Jwks) is { } fault)
            yield return fault;
        foreach (SettingError error in (IEnumerable<SettingError>)
        [
            .. SettingError.Range("Auth:Jwt:JwksRefresh", JwksRefresh, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
            .. SettingError.Range("Auth:Jwt:JwksCooldown", JwksCooldown, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
            .. SettingError.Range("Auth:Jwt:JwksTimeout", JwksTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)),
        ])
        {
            yield return error;
        }
    }

    private IEnumerable<SettingError> CheckClaims()
    {
        if (Issuer is "")
            yield return new SettingError("Auth:Jwt:Issuer", null, "is empty: give it a value or leave it out");
        if (Audience is "")
            yield return new SettingError("Auth:Jwt:Audience", null, "is empty: give it a value or leave it out");
        foreach ((string key, string claim) in ((string, string)[])[("Auth:Jwt:UserClaim", UserClaim), ("Auth:Jwt:TopicsClaim", TopicsClaim)])
        {
            if (claim.Length == 0 || ReservedClaims.Contains(claim))
                yield return new SettingError(key, claim, $"it must name a claim other than {string.Join(", ", ReservedClaims)}");
        }

        if (UserClaim == TopicsClaim)
            yield return new SettingError("Auth:Jwt:TopicsClaim", TopicsClaim, "it must differ from Auth:Jwt:UserClaim");
    }
}
