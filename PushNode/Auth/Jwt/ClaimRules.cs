using System.Text;
using PushNode.Diagnostics;
using PushNode.Messages;

namespace PushNode.Auth.Jwt;

/// <summary>What the claims of a token must be for this node to accept it (RFC 7519 section 4.1).</summary>
internal sealed class ClaimRules(JwtOptions options)
{
    // The end of the year 9999: no time is written that is later.
    private const long LastTime = 253_402_300_799_999;

    private readonly byte[] userClaim = Encoding.UTF8.GetBytes(options.UserClaim);
    private readonly byte[] topicsClaim = Encoding.UTF8.GetBytes(options.TopicsClaim);
    private readonly long skew = (long)options.ClockSkew.TotalMilliseconds;

    /// <summary>Judges the payload of a token whose signature is right.</summary>
    /// <param name="payload">JSON, of an issuer that has the key, but perhaps for somebody else.</param>
    /// <param name="now">Unix milliseconds.</param>
    public AuthResult Judge(ReadOnlySpan<byte> payload, long now)
    {
        string? fault = JwtClaims.Read(payload, userClaim, topicsClaim, out JwtClaims claims)
            ?? FindTimeFault(claims, now)
            ?? FindAddressFault(claims)
            ?? FindUserFault(claims);
        if (fault is not null)
            return AuthResult.Invalid(fault);
        if (!TopicPatterns.TryCreate(claims.Topics ?? [], out TopicPatterns topics, out string? offending))
        {
            return AuthResult.Invalid(
                $"claim '{options.TopicsClaim}' has '{Quoted.Text(offending!)}', which is neither a topic nor a prefix with a star: {Names.WordRule}");
        }

        return AuthResult.Accept(new Identity(claims.User!, claims.IssuedAt ?? 0, EndOf(claims) ?? long.MaxValue, topics));
    }

    // The skew is allowed for here and nowhere else: what is taken at the door must not have expired for whoever asks next.
    private long? EndOf(in JwtClaims claims) => claims.ExpiresAt is { } end ? Math.Min(end + skew, LastTime) : null;

    private string? FindTimeFault(in JwtClaims claims, long now)
    {
        if (claims.ExpiresAt is null && options.RequireExpiry)
            return "claim 'exp' is missing: tokens without an end are refused (Auth:Jwt:RequireExpiry)";
        if (claims.ExpiresAt is { } end && now >= EndOf(claims))
            return $"expired at {Timestamp.ToText(end)}";
        if (claims.NotBefore is { } start && now < start - skew)
            return $"not valid before {Timestamp.ToText(start)}";
        // Revoking a user voids what was issued before: a token from the future would slip through.
        return claims.IssuedAt is { } issued && now < issued - skew ? $"issued in the future, at {Timestamp.ToText(issued)}" : null;
    }

    private string? FindAddressFault(in JwtClaims claims)
    {
        if (options.Issuer is not null && claims.Issuer != options.Issuer)
        {
            return claims.Issuer is null
                ? $"claim 'iss' is missing, expected '{options.Issuer}'"
                : $"issuer is '{Quoted.Text(claims.Issuer)}', expected '{options.Issuer}'";
        }

        if (options.Audience is null || claims.Audiences?.Contains(options.Audience) == true)
            return null;
        return claims.Audiences is null
            ? $"claim 'aud' is missing, expected '{options.Audience}'"
            : $"audience is '{Quoted.Text(string.Join(", ", claims.Audiences))}', expected '{options.Audience}'";
    }

    private string? FindUserFault(in JwtClaims claims)
    {
        if (claims.User is null)
            return $"claim '{options.UserClaim}' is missing: it says who the user is";
        return Names.IsId(claims.User) ? null : $"claim '{options.UserClaim}' is '{Quoted.Text(claims.User)}', which is no user id: {Names.IdRule}";
    }
}
