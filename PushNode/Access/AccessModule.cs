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

        // The rest of the section is bound and checked by collect.
        services.AddSingleton(ApiKeys.Load(SettingsRegistration.BindPart<AccessSettings>(configuration)));
        services.TryAddSingleton(AdminKey.None);
        services.TryAddSingleton<ProducerGuard>();
        return services;
    }
}
