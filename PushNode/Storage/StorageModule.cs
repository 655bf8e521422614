using Microsoft.Extensions.DependencyInjection.Extensions;
using PushNode.Diagnostics;
using PushNode.Settings;
using PushNode.Storage.Journal;

namespace PushNode.Storage;

/// <summary>What is kept. Needs a <see cref="DataFolder"/>.</summary>
internal static class StorageModule
{
    /// <summary>Adds <see cref="IMessageStore"/>: the journal, which is opened before anything is served and closed after everything has stopped.</summary>
    public static IServiceCollection AddStorage(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<JournalSettings>(configuration);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<Disk>();
        services.AddSingleton<JournalStore>();
        services.AddSingleton<IMessageStore>(static provider => provider.GetRequiredService<JournalStore>());
        services.AddSingleton<IReadinessCheck, StoreReadiness>();
        services.AddHostedService<JournalLifetime>();
        return services;
    }
}
