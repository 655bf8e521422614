using PushNode.Settings;
using PushNode.Storage;

namespace PushNode.Hosting;

/// <summary>What every node has: roles, addresses and a data folder.</summary>
internal sealed record NodeOptions
{
    public const string DefaultUrls = "http://127.0.0.1:8080";
    public const string DefaultData = "./data";

    /// <summary>The modules it runs; all of them by default.</summary>
    public required Roles Roles { get; init; }

    /// <summary>The addresses it listens on, at least one.</summary>
    public required IReadOnlyList<ListenAddress> Urls { get; init; }

    /// <summary>The full path of the data folder: the journal, generated keys, the lock. A relative one is meant from the current directory.</summary>
    public required string Data { get; init; }

    /// <summary>Whether there are other nodes to work with: whether <c>Redis:Connection</c> is set.</summary>
    public required bool IsClustered { get; init; }

    /// <summary>Whether it keeps anything in the data folder: of a cluster only the node whose journal is the store does.</summary>
    public required bool KeepsData { get; init; }

    /// <summary>Whether nobody outside this machine can reach it.</summary>
    public bool IsLoopback => Urls.All(static u => u.IsLoopback);

    /// <exception cref="SettingsException">A value that cannot be used.</exception>
    public static NodeOptions From(IConfiguration configuration)
    {
        bool isClustered = StartupRules.IsClustered(configuration);
        Roles roles = RoleNames.Parse(List(configuration, RoleNames.Key, "auth,collect,dispatch,push"), isAlone: !isClustered);
        return new NodeOptions
        {
            IsClustered = isClustered,
            Roles = roles,
            Urls = ListenAddress.ParseList(List(configuration, nameof(Urls), DefaultUrls)),
            Data = DataFrom(configuration),
            KeepsData = !isClustered || (roles.HasFlag(Roles.Collect) && !StorageModule.UsesMongo(configuration)),
        };
    }

    /// <summary>The full path of the data folder, for commands that need nothing else.</summary>
    public static string DataFrom(IConfiguration configuration)
    {
        IConfigurationSection section = configuration.GetSection(nameof(Data));
        if (section.GetChildren().Any())
            throw new SettingsException(section.Path, null, "takes one value, not a list or a group");
        string data = section.Value ?? DefaultData;
        if (string.IsNullOrWhiteSpace(data) || data.Contains('\0', StringComparison.Ordinal))
            throw new SettingsException(nameof(Data), data, $"it must be the path of a folder, such as {DefaultData}");
        return Path.GetFullPath(data);
    }

    private static string List(IConfiguration configuration, string key, string defaultValue) =>
        SettingList.Read(configuration.GetSection(key)) is { } entries ? string.Join(", ", entries) : defaultValue;
}
