using System.Text;
using PushNode.Diagnostics;

namespace PushNode.Auth.Jwt;

/// <summary>The claims of a token whose signature is right, read but not yet judged.</summary>
internal struct JwtClaims
{
    // The end of the year 9999; more is most often a time in milliseconds.
    private const double MaxSeconds = 253_402_300_799;

    public string? User { get; private set; }

    public string? Issuer { get; private set; }

    /// <summary>Null when the token has no <c>aud</c>.</summary>
    public List<string>? Audiences { get; private set; }

    /// <summary><c>exp</c> in Unix milliseconds.</summary>
    public long? ExpiresAt { get; private set; }

    /// <summary><c>nbf</c> in Unix milliseconds.</summary>
    public long? NotBefore { get; private set; }

    /// <summary><c>iat</c> in Unix milliseconds.</summary>
    public long? IssuedAt { get; private set; }

    public List<string>? Topics { get; private set; }

    /// <summary>Reads the claims that count; says what is wrong with them, or null.</summary>
    public static string? Read(ReadOnlySpan<byte> json, ReadOnlySpan<byte> userClaim, ReadOnlySpan<byte> topicsClaim, out JwtClaims claims)
    {
        claims = default;
        var members = new JsonMembers(json);
        while (members.Read())
        {
            if (claims.ReadClaim(ref members, userClaim, topicsClaim) is { } fault)
                return members.Error is null ? $"claim '{Quoted.Text(Encoding.UTF8.GetString(members.Name))}' {fault}" : PayloadFault(members.Error);
        }

        return members.Error is null ? null : PayloadFault(members.Error);
    }

    private static string PayloadFault(string error) => $"the token's payload is refused: {error}";

    private static string? ReadTime(ref JsonMembers members, out long? milliseconds)
    {
        milliseconds = null;
        if (!members.TryGetNumber(out double seconds))
            return "is not a number";
        if (seconds is not (>= 0 and <= MaxSeconds))
            return "is not a time in seconds since 1970";
        milliseconds = (long)(seconds * 1000);
        return null;
    }

    private string? ReadClaim(ref JsonMembers members, ReadOnlySpan<byte> userClaim, ReadOnlySpan<byte> topicsClaim)
    {
        string? fault = null;
        string? text = null;
        ReadOnlySpan<byte> name = members.Name;
        if (name.SequenceEqual(userClaim))
            (fault, User) = (members.TryGetString(out text) ? null : "is not a string", text);
        else if (name.SequenceEqual(topicsClaim))
            (fault, Topics) = (members.TryGetStrings(out List<string>? topics) ? null : "is not an array of strings", topics);
        else if (name.SequenceEqual("iss"u8))
            (fault, Issuer) = (members.TryGetString(out text) ? null : "is not a string", text);
        else if (name.SequenceEqual("aud"u8))
            (fault, Audiences) = ReadAudiences(ref members);
        else if (name.SequenceEqual("exp"u8))
            (fault, ExpiresAt) = (ReadTime(ref members, out long? time), time);
        else if (name.SequenceEqual("nbf"u8))
            (fault, NotBefore) = (ReadTime(ref members, out long? time), time);
        else if (name.SequenceEqual("iat"u8))
            (fault, IssuedAt) = (ReadTime(ref members, out long? time), time);
        return fault;
    }

    private static (string? Fault, List<string>? Audiences) ReadAudiences(ref JsonMembers members)
    {
        if (members.TryGetString(out string? one))
            return (null, [one]);
        return members.TryGetStrings(out List<string>? several) ? (null, several) : ("is neither a string nor an array of strings", null);
    }
}
