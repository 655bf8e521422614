using System.Reflection;

namespace PushNode.Settings;

/// <summary>
/// Puts a section of the configuration into an object of settings, strictly: a misspelt key, a value that does not fit, and a value in place of a group
/// would otherwise do nothing, or be told in the words of .NET.
/// </summary>
internal static class SettingsBinder
{
    /// <summary>Sets each property that the section has a value for. What is wrong, each with its key and the remedy; empty when all is well.</summary>
    /// <param name="section">The section.</param>
    /// <param name="settings">The object; its properties are texts, switches, numbers, durations, enums, lists of texts, and groups of these.</param>
    /// <param name="isWhole">Whether a key without a property is an error; else it belongs to somebody else.</param>
    public static IReadOnlyList<SettingError> Bind(IConfigurationSection section, object settings, bool isWhole)
    {
        var errors = new List<SettingError>();
        BindGroup(section, settings, isWhole, errors);
        return errors;
    }

    // Values are left out where nothing is known of the key: it may be a secret's, misspelt.
    private static void BindGroup(IConfigurationSection section, object group, bool isWhole, List<SettingError> errors)
    {
        var properties = group.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(static p => p.CanWrite || IsGroup(p.PropertyType))
            .ToDictionary(static p => p.Name, StringComparer.OrdinalIgnoreCase);
        string known = string.Join(", ", properties.Keys.Order());
        if (section.Value is not null)
            errors.Add(new SettingError(section.Path, null, $"takes no value: it is a group of the settings {known}"));

        foreach (IConfigurationSection child in section.GetChildren())
        {
            if (properties.TryGetValue(child.Key, out PropertyInfo? property))
                BindProperty(child, group, property, isWhole, errors);
            else if (isWhole)
                errors.Add(new SettingError(child.Path, null, $"is no setting; known are {known}"));
        }
    }

    private static void BindProperty(IConfigurationSection section, object group, PropertyInfo property, bool isWhole, List<SettingError> errors)
    {
        if (IsGroup(property.PropertyType))
            BindGroup(section, property.GetValue(group)!, isWhole, errors);
        else if (property.PropertyType == typeof(string[]))
            BindList(section, group, property, errors);
        else if (section.GetChildren().Any())
            errors.Add(new SettingError(section.Path, null, "takes one value, not a list or a group"));
        else if (section.Value is { } text)
            BindText(section.Path, text, group, property, errors);
    }

    private static void BindText(string key, string text, object group, PropertyInfo property, List<SettingError> errors)
    {
        if (SettingText.TryRead(text, property.PropertyType, out object? value) is { } remedy)
            errors.Add(new SettingError(key, text, remedy));
        else
            property.SetValue(group, value);
    }

    private static void BindList(IConfigurationSection section, object group, PropertyInfo property, List<SettingError> errors)
    {
        try
        {
            if (SettingList.Read(section) is { } entries)
                property.SetValue(group, entries);
        }
        catch (SettingsException e)
        {
            errors.AddRange(e.Errors);
        }
    }

    private static bool IsGroup(Type type) => type.IsClass && type.Namespace?.StartsWith(nameof(PushNode), StringComparison.Ordinal) == true;
}
