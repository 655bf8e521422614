using System.Collections;
using System.Text.Json;
using PushNode.Settings;

namespace PushNode.Hosting;

/// <summary>Where settings come from, each source over the one before: the file beside the executable, the file of <c>--config</c>, environment, command line.</summary>
internal static class NodeConfiguration
{
    private const string DefaultFile = "appsettings.json";

    /// <param name="configFile">The file of <c>--config</c>; null for none.</param>
    /// <param name="commandLine">The settings given as options.</param>
    /// <exception cref="SettingsException">A file that cannot be read, or a key that nobody knows.</exception>
    public static IConfigurationRoot Build(string? configFile, IReadOnlyDictionary<string, string?> commandLine) =>
        Build(configFile, commandLine, Environment.GetEnvironmentVariables());

    /// <inheritdoc cref="Build(string?, IReadOnlyDictionary{string, string?})"/>
    public static IConfigurationRoot Build(string? configFile, IReadOnlyDictionary<string, string?> commandLine, IDictionary environment)
    {
        var all = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        string beside = Path.Combine(AppContext.BaseDirectory, DefaultFile);
        if (File.Exists(beside))
            Add(all, ReadFile(beside));
        if (configFile is not null)
            Add(all, ReadFile(configFile));
        Add(all, EnvironmentSettings.From(environment));
        Add(all, commandLine);
        IConfigurationRoot configuration = new ConfigurationBuilder().AddInMemoryCollection(all).Build();

        SettingError[] unknown = [.. SettingSections.FindUnknown(configuration)];
        return unknown.Length == 0 ? configuration : throw new SettingsException(unknown);
    }

    // A list is one setting: the last source that has it gives all of it, as one text or with an index.
    private static void Add(Dictionary<string, string?> all, IEnumerable<KeyValuePair<string, string?>> source)
    {
        KeyValuePair<string, string?>[] settings = [.. source];
        foreach (string setting in settings.Select(static s => IsEntry(s.Key) ? ConfigurationPath.GetParentPath(s.Key)! : s.Key))
        {
            all.Remove(setting);
            foreach (string entry in all.Keys.Where(key => IsEntry(key) && setting.Equals(ConfigurationPath.GetParentPath(key), StringComparison.OrdinalIgnoreCase)).ToArray())
                all.Remove(entry);
        }

        foreach ((string key, string? value) in settings)
            all[key] = value;
    }

    private static bool IsEntry(string key) => ConfigurationPath.GetSectionKey(key) is { Length: > 0 } name && name.All(char.IsAsciiDigit);

    // Parsed at once, and not watched: settings are read at start.
    private static IEnumerable<KeyValuePair<string, string?>> ReadFile(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            return new ConfigurationBuilder().AddJsonStream(file).Build().AsEnumerable();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new SettingsException(path, null, $"cannot be read: {e.Message}");
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            throw new SettingsException(path, null, $"is not a JSON object of settings: {(e.InnerException ?? e).Message}");
        }
    }
}
