using System.Text.RegularExpressions;
using PushNode.Settings;

namespace PushNode.Hosting;

/// <summary>
/// The settings among the arguments: <c>--Section:Key value</c> or <c>--Section:Key=value</c>. They are taken out before the command line is parsed, so that
/// neither their names nor their values can be mistaken for commands and options, and everything else can be parsed strictly.
/// </summary>
internal sealed partial record SettingArguments(IReadOnlyDictionary<string, string?> Settings, IReadOnlyList<string> Rest)
{
    private const string EndOfOptions = "--";

    /// <exception cref="SettingsException">A setting without a value.</exception>
    public static SettingArguments Extract(IReadOnlyList<string> arguments)
    {
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        var rest = new List<string>();
        for (int i = 0; i < arguments.Count; i++)
        {
            if (arguments[i] == EndOfOptions)
            {
                rest.AddRange(arguments.Skip(i));
                break;
            }

            Match match = Pattern().Match(arguments[i]);
            if (!match.Success)
                rest.Add(arguments[i]);
            else if (match.Groups["value"].Success)
                settings[match.Groups["key"].Value] = match.Groups["value"].Value;
            else
                settings[match.Groups["key"].Value] = ++i < arguments.Count && !arguments[i].StartsWith(EndOfOptions, StringComparison.Ordinal) ? arguments[i] : throw Missing(match);
        }

        return new SettingArguments(settings, rest);
    }

    private static SettingsException Missing(Match match) =>
        new(match.Value, null, $"needs a value: write {match.Value} VALUE, or {match.Value}=VALUE");

    [GeneratedRegex("^--(?<key>[A-Za-z][A-Za-z0-9_.]*(:[A-Za-z0-9_.]+)+)(=(?<value>.*))?$", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
