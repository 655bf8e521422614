using System.Collections;
using System.Text.RegularExpressions;

namespace PushNode.Hosting;

/// <summary>The settings among the environment variables: <c>PUSHNODE_Section__Key</c>.</summary>
internal static partial class EnvironmentSettings
{
    private const string Prefix = "PUSHNODE_";

    public static Dictionary<string, string?> From(IDictionary variables)
    {
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach (DictionaryEntry variable in variables)
        {
            string name = (string)variable.Key;
            if (name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) && !Injected().IsMatch(name))
                settings[name[Prefix.Length..].Replace("__", ConfigurationPath.KeyDelimiter, StringComparison.Ordinal)] = (string?)variable.Value;
        }

        return settings;
    }

    // Kubernetes gives every pod such variables for a service that is called pushnode or pushnode-something: PUSHNODE_PORT_8080_TCP and the like.
    [GeneratedRegex("^PUSHNODE(_[A-Z0-9]+)*_(SERVICE_HOST|SERVICE_PORT|PORT)(_[A-Z0-9]+)*$", RegexOptions.CultureInvariant)]
    private static partial Regex Injected();
}
