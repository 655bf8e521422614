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
        where T : class, ISettings, new() => Bind<T>(configuration, isWhole: true);

    /// <summary>Binds settings that share their section with others, which are left to those.</summary>
    /// <exception cref="SettingsException">A value that does not convert, or one that <see cref="ISettings.Check"/> refuses.</exception>
    public static T BindPart<T>(IConfiguration configuration)
        where T : class, ISettings, new() => Bind<T>(configuration, isWhole: false);

    /// <summary>What is wrong with a section as a whole, each with its key and the remedy; empty when all is well.</summary>
    /// <param name="section">The section.</param>
    /// <param name="settings">What it is bound to, as its defaults are.</param>
    public static IReadOnlyList<SettingError> Check(IConfigurationSection section, ISettings settings) => Check(section, settings, isWhole: true);

    private static T Bind<T>(IConfiguration configuration, bool isWhole)
        where T : class, ISettings, new()
    {
        var settings = new T();
        IReadOnlyList<SettingError> errors = Check(configuration.GetSection(T.Section), settings, isWhole);
        return errors.Count == 0 ? settings : throw new SettingsException(errors);
    }

    private static IReadOnlyList<SettingError> Check(IConfigurationSection section, ISettings settings, bool isWhole)
    {
        IReadOnlyList<SettingError> errors = SettingsBinder.Bind(section, settings, isWhole);
        // What the values mean together can be told only when each is what it should be.
        return errors.Count > 0 ? errors : [.. settings.Check()];
    }
}
