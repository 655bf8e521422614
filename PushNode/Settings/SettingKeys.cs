using System.Reflection;

namespace PushNode.Settings;

/// <summary>Finds keys that no setting reads, so that a misspelt one stops the start instead of doing nothing.</summary>
internal static class SettingKeys
{
    /// <summary>The keys below <paramref name="section"/> that <paramref name="type"/> has no property for.</summary>
    public static IEnumerable<SettingError> FindUnknown(IConfigurationSection section, Type type)
    {
        var properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(static p => p.CanWrite || IsGroup(p.PropertyType))
            .ToDictionary(static p => p.Name, static p => p.PropertyType, StringComparer.OrdinalIgnoreCase);

        foreach (IConfigurationSection child in section.GetChildren())
        {
            // Values are left out: that of a misspelt key may be a secret.
            if (!properties.TryGetValue(child.Key, out Type? property))
            {
                yield return new SettingError(child.Path, null, $"is no setting; known are {string.Join(", ", properties.Keys.Order())}");
            }
            else if (IsScalar(property) && child.GetChildren().Any())
            {
                yield return new SettingError(child.Path, null, "takes one value, not a list or a group");
            }
            else if (IsGroup(property))
            {
                foreach (SettingError error in FindUnknown(child, property))
                    yield return error;
            }
        }
    }

    private static bool IsScalar(Type type) => type == typeof(string) || type.IsValueType;

    private static bool IsGroup(Type type) => type.IsClass && type.Namespace?.StartsWith(nameof(PushNode), StringComparison.Ordinal) == true;
}
