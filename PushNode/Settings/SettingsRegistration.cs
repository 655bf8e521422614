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

    private static T Bind<T>(IConfiguration configuration, bool isWhole)
        where T : class, ISettings, new()
    {
        var settings = new T();
        IReadOnlyList<SettingError> errors = SettingsBinder.Bind(configuration.GetSection(T.Section), settings, isWhole);
        // What the values mean together can be told only when each is what it should be.
        if (errors.Count == 0)
            errors = [.. settings.Check()];
        return errors.Count == 0 ? settings : throw new SettingsException(errors);
    }
}
