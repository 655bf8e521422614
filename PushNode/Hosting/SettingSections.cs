using System.Reflection;
using PushNode.Settings;

namespace PushNode.Hosting;

/// <summary>The keys at the top of the configuration.</summary>
internal static class SettingSections
{
    private static readonly HashSet<string> Known = new(
        [nameof(NodeOptions.Roles), nameof(NodeOptions.Urls), nameof(NodeOptions.Data), LoggingSettings.Section, .. OfModules()],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>Keys at the top that nobody reads: a misspelt one stops the start instead of doing nothing.</summary>
    public static IEnumerable<SettingError> FindUnknown(IConfiguration configuration) =>
        from section in configuration.GetChildren()
        where !Known.Contains(section.Key)
        select new SettingError(section.Key, null, $"is no setting and no section of settings; known are {string.Join(", ", Known.Order(StringComparer.Ordinal))}");

    private static IEnumerable<string> OfModules() =>
        from type in typeof(ISettings).Assembly.GetTypes()
        where type.IsClass && typeof(ISettings).IsAssignableFrom(type)
        let section = (string)type.GetProperty(nameof(ISettings.Section), BindingFlags.Public | BindingFlags.Static | BindingFlags.FlattenHierarchy)!.GetValue(null)!
        select section.Split(':')[0];
}
