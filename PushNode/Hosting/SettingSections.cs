using System.Reflection;
using PushNode.Settings;

namespace PushNode.Hosting;

/// <summary>All the settings there are, those of modules that this node does not run included.</summary>
internal static class SettingSections
{
    // A base that several share is bound as part of those.
    private static readonly (Type Type, string Section)[] OfModules =
    [
        .. from type in typeof(ISettings).Assembly.GetTypes()
           where type is { IsClass: true, IsSealed: true } && typeof(ISettings).IsAssignableFrom(type)
           select (type, (string)type.GetProperty(nameof(ISettings.Section), BindingFlags.Public | BindingFlags.Static | BindingFlags.FlattenHierarchy)!.GetValue(null)!),
    ];

    private static readonly HashSet<string> Known = new(
        [nameof(NodeOptions.Roles), nameof(NodeOptions.Urls), nameof(NodeOptions.Data), LoggingSettings.Section, .. OfModules.Select(static m => m.Section.Split(':')[0])],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>Keys at the top that nobody reads: a misspelt one stops the start instead of doing nothing.</summary>
    public static IEnumerable<SettingError> FindUnknown(IConfiguration configuration) =>
        from section in configuration.GetChildren()
        where !Known.Contains(section.Key)
        select new SettingError(section.Key, null, $"is no setting and no section of settings; known are {string.Join(", ", Known.Order(StringComparer.Ordinal))}");

    /// <summary>
    /// What is wrong in any section, whatever the roles: a misspelt key is one for a node that has no use for it too. Nothing that the settings name is read or
    /// made by this.
    /// </summary>
    public static IEnumerable<SettingError> FindFaults(IConfiguration configuration) =>
        from module in OfModules
        from error in SettingsRegistration.Check(configuration.GetSection(module.Section), (ISettings)Activator.CreateInstance(module.Type)!)
        select error;
}
