using System.Text.Json;
using PushNode.Auth.Keys;
using PushNode.Diagnostics;

namespace PushNode.Auth.Jwt;

/// <summary>What the header of a token says about its signature. Keys that it brings along (<c>jwk</c>, <c>jku</c>, <c>x5c</c> …) are never looked at.</summary>
internal readonly struct JoseHeader
{
    private JoseHeader(JwsAlgorithms algorithm, string? keyId)
    {
        Algorithm = algorithm;
        KeyId = keyId;
    }

    /// <summary>One algorithm, from the allow-list.</summary>
    public JwsAlgorithms Algorithm { get; }

    public string? KeyId { get; }

    public static bool TryParse(ReadOnlySpan<byte> json, JwsAlgorithms allowed, out JoseHeader header, out string error)
    {
        string? name = null;
        string? keyId = null;
        string? fault = null;
        header = default;
        var members = new JsonMembers(json);
        while (fault is null && members.Read())
        {
            if (members.Name.SequenceEqual("alg"u8))
                fault = members.TryGetString(out name) ? null : "'alg' is not a string";
            else if (members.Name.SequenceEqual("kid"u8))
                fault = members.TryGetString(out keyId) ? null : "'kid' is not a string";
            else if (members.Name.SequenceEqual("crit"u8))
                fault = "it has 'crit', and no critical extension is supported";
            else if (members.Name.SequenceEqual("b64"u8) && members.Type != JsonTokenType.True)
                fault = "it has 'b64' that is not true: unencoded payloads are not supported";
        }

        fault ??= members.Error ?? (name is null ? "it has no 'alg'" : null);
        error = fault is null ? "" : $"the token's header is refused: {fault}";
        if (fault is not null)
            return false;
        JwsAlgorithms algorithm = JwsAlgorithmNames.Parse(name) & allowed;
        if (algorithm == JwsAlgorithms.Empty)
            error = $"alg '{Quoted.Text(name!)}' is not allowed (allowed: {JwsAlgorithmNames.ToText(allowed)})";
        header = new JoseHeader(algorithm, keyId);
        return algorithm != JwsAlgorithms.Empty;
    }
}
