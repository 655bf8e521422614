using System.CommandLine;
using PushNode.Hosting;
using PushNode.Settings;

namespace PushNode.Commands;

/// <summary>Options that several commands have, so that they are called and explained alike.</summary>
internal static class CommonOptions
{
    public static Option<string?> Data() => new("--data")
    {
        HelpName = "FOLDER",
        Description = $"The node's data folder, which holds its journal and its generated signing key (default: {NodeOptions.DefaultData})",
    };

    public static Option<string?> Config() => new("--config")
    {
        HelpName = "FILE",
        Description = "A JSON file of settings, over those of appsettings.json beside the executable",
    };

    public static Option<string?> Redis() => new("--redis")
    {
        HelpName = "HOST:PORT",
        Description = "The Redis by which the nodes of a cluster find each other (several: separated by commas; default: none, the node is alone)",
    };

    public static Option<string?> Mongo() => new("--mongo")
    {
        HelpName = "URI",
        Description = "The MongoDB that keeps the messages, such as mongodb://host:27017/pushnode (default: none, they are kept in a journal in the data folder)",
    };

    public static Option<string> Url(string scheme, string what) => new("--url")
    {
        HelpName = "URL",
        Description = what,
        DefaultValueFactory = _ => $"{scheme}://127.0.0.1:8080",
    };

    public static Option<string?> Key() => new("--key")
    {
        HelpName = "KEY",
        Description = "The API key, where the node has keys (see --key-file)",
    };

    public static Option<string?> KeyFile() => new("--key-file")
    {
        HelpName = "FILE",
        Description = "A file that holds the API key, which keeps it out of the process list",
    };

    /// <summary>Sets a key if the option was given.</summary>
    public static void Set(Dictionary<string, string?> settings, string key, string? value)
    {
        if (value is not null)
            settings[key] = value;
    }

    /// <summary>The settings of the node whose data folder or configuration file a command names.</summary>
    public static IConfiguration Configuration(IReadOnlyDictionary<string, string?> settings, string? configFile, string? data)
    {
        var all = new Dictionary<string, string?>(settings, StringComparer.OrdinalIgnoreCase);
        Set(all, nameof(NodeOptions.Data), data);
        return NodeConfiguration.Build(configFile, all);
    }

    /// <exception cref="SettingsException">Settings were given to a command that reads none.</exception>
    public static void RefuseSettings(IReadOnlyDictionary<string, string?> settings)
    {
        if (settings.Count > 0)
            throw new SettingsException([.. settings.Keys.Select(static key => new SettingError($"--{key}", null, "is a setting of a node, and this command has none"))]);
    }

    /// <summary>A list whose items are separated by commas.</summary>
    public static string[] Split(string? list) => list?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [];
}
