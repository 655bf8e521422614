using Microsoft.Extensions.DependencyInjection.Extensions;
using PushNode.Settings;

namespace PushNode.Access;

/// <summary>Who may act as a producer. Every module with producer endpoints adds it; adding it again changes nothing.</summary>
internal static class AccessModule
{
    /// <exception cref="SettingsException">An API key or the file of keys is not right.</exception>
    public static IServiceCollection AddAccess(this IServiceCollection services, IConfiguration configuration)
    {
        if (services.Any(static s => s.ServiceType == typeof(ProducerGuard)))
            return services;

        services.AddSingleton(ApiKeys.Load(Bind(configuration)));
        services.TryAddSingleton<ProducerGuard>();
        return services;
    }

    /// <summary>Binds only what belongs here: the rest of the section is bound and checked by collect, on the nodes that have that role.</summary>
    private static AccessSettings Bind(IConfiguration configuration)
    {
        IConfigurationSection section = configuration.GetSection(AccessSettings.Section);
        var settings = new AccessSettings();
        section.Bind(settings);

        // An environment variable or option gives one value, which the binder would pass over, leaving the node open.
        if (section[nameof(AccessSettings.ApiKeys)] is { Length: > 0 } list)
            settings.ApiKeys = [.. settings.ApiKeys, .. list.Split(',', StringSplitOptions.TrimEntries)];

        SettingError[] errors = [.. settings.Check()];
        return errors.Length == 0 ? settings : throw new SettingsException(errors);
    }
}
