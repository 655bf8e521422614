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
        var builder = new ConfigurationBuilder();
        string beside = Path.Combine(AppContext.BaseDirectory, DefaultFile);
        if (File.Exists(beside))
            AddFile(builder, beside);
        if (configFile is not null)
            AddFile(builder, configFile);
        IConfigurationRoot configuration = builder.AddInMemoryCollection(EnvironmentSettings.From(environment)).AddInMemoryCollection(commandLine).Build();

        SettingError[] unknown = [.. SettingSections.FindUnknown(configuration)];
        return unknown.Length == 0 ? configuration : throw new SettingsException(unknown);
    }

    // Parsed at once, and not watched: settings are read at start.
    private static void AddFile(ConfigurationBuilder builder, string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            IConfigurationRoot parsed = new ConfigurationBuilder().AddJsonStream(file).Build();
            builder.AddConfiguration(parsed);
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
