namespace PushNode.Auth.Keys;

/// <summary>The spelling of the algorithms, which counts upper and lower case.</summary>
internal static class JwsAlgorithmNames
{
    /// <summary>Every name, for people.</summary>
    public const string All = "HS256, HS384, HS512, RS256, PS256, ES256";

    /// <summary>One name; <see cref="JwsAlgorithms.Empty"/> when it is none of ours.</summary>
    public static JwsAlgorithms Parse(ReadOnlySpan<char> name) => name switch
    {
        "HS256" => JwsAlgorithms.HS256,
        "HS384" => JwsAlgorithms.HS384,
        "HS512" => JwsAlgorithms.HS512,
        "RS256" => JwsAlgorithms.RS256,
        "PS256" => JwsAlgorithms.PS256,
        "ES256" => JwsAlgorithms.ES256,
        _ => JwsAlgorithms.Empty,
    };

    /// <summary>A set of names; false when one is none of ours or there is none at all.</summary>
    public static bool TryParseAll(IReadOnlyCollection<string> names, out JwsAlgorithms set)
    {
        set = JwsAlgorithms.Empty;
        foreach (string name in names)
        {
            JwsAlgorithms algorithm = Parse(name);
            if (algorithm == JwsAlgorithms.Empty)
                return false;
            set |= algorithm;
        }

        return names.Count > 0;
    }

    /// <summary>The names in a set, separated by commas.</summary>
    public static string ToText(JwsAlgorithms set) =>
        string.Join(", ", All.Split(", ").Where(name => (set & Parse(name)) != 0));
}
