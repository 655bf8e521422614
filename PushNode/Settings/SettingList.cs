using System.Globalization;

namespace PushNode.Settings;

/// <summary>A list of settings as it is written: one text separated by commas, or an entry for each index (an array in JSON).</summary>
internal static class SettingList
{
    /// <summary>The entries, without white space around them; empty for an empty text or array, null when it is not given at all.</summary>
    /// <exception cref="SettingsException">It is neither of the two, or both.</exception>
    public static string[]? Read(IConfigurationSection section)
    {
        IConfigurationSection[] entries = [.. section.GetChildren()];
        if (entries.Length == 0)
            return section.Value?.Length == 0 ? [] : section.Value?.Split(',', StringSplitOptions.TrimEntries);
        if (section.Value is { Length: > 0 })
            throw new SettingsException(section.Path, null, "is given both as one text and with an index: keep one of them");

        // The value is left out: it may be a secret.
        IConfigurationSection? wrong = entries.FirstOrDefault(static e => !int.TryParse(e.Key, NumberStyles.None, CultureInfo.InvariantCulture, out _) || e.Value is null);
        return wrong is null
            ? [.. entries.Select(static e => e.Value!.Trim())]
            : throw new SettingsException(wrong.Path, null, $"is no entry of a list: write {section.Path}:0, {section.Path}:1 and so on, or {section.Path} with the entries separated by commas");
    }
}
