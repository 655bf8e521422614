using System.Reflection;

namespace PushNode.Settings;

/// <summary>Binds, checks and registers a module's settings in one line.</summary>
internal static class SettingsRegistration
{
    /// <summary>Binds <typeparamref name="T"/> from its section and registers it as a singleton.</summary>
    /// <exception cref="SettingsException">An unknown key, a value that does not convert, or one that <see cref="ISettings.Check"/> refuses.</exception>
    public static T AddSettings<T>(this IServiceCollection services, IConfiguration configuration)
        where T : class, ISettings, new()
    {
        T settings = Bind<T>(configuration);
        services.AddSingleton(settings);
        return settings;
    }

    /// <inheritdoc cref="AddSettings"/>
    public static T Bind<T>(IConfiguration configuration)
        where T : class, ISettings, new()
    {
        IConfigurationSection section = configuration.GetSection(T.Section);
        SettingError[] unknown = [.. SettingKeys.FindUnknown(section, typeof(T))];
        if (unknown.Length > 0)
            throw new SettingsException(unknown);

        var settings = new T();
        try
        {
            section.Bind(settings);
        }
        catch (InvalidOperationException e)
        {
            // The binder names the key and the value; the inner exception says what the type would take.
            throw new SettingsException([new SettingError(T.Section, null, e.InnerException is null ? e.Message : $"{e.Message} {e.InnerException.Message}")]);
        }

        BindLists(section, settings);
        SettingError[] errors = [.. settings.Check()];
        return errors.Length == 0 ? settings : throw new SettingsException(errors);
    }

    // An environment variable or option gives a list as one text, which the binder would pass over in silence.
    private static void BindLists(IConfigurationSection section, object settings)
    {
        foreach (PropertyInfo list in settings.GetType().GetProperties().Where(static p => p.PropertyType == typeof(string[]) && p.CanWrite))
        {
            if (section[list.Name] is { Length: > 0 } text)
                list.SetValue(settings, text.Split(',', StringSplitOptions.TrimEntries));
        }
    }
}
