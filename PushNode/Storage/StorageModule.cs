using Microsoft.Extensions.DependencyInjection.Extensions;
using PushNode.Diagnostics;
using PushNode.Peers;
using PushNode.Settings;
using PushNode.Storage.Journal;
using PushNode.Storage.Remote;

namespace PushNode.Storage;

/// <summary>
/// What is kept. A node alone: <see cref="AddStorage"/>. In a cluster the node that stores: <see cref="AddStorage"/> and <see cref="AddStoreService"/>; every other
/// one: <see cref="AddRemoteStore"/>.
/// </summary>
internal static class StorageModule
{
    /// <summary>
    /// Adds <see cref="IMessageStore"/>: the journal, which is opened before anything is served and closed after everything has stopped. Needs a
    /// <see cref="DataFolder"/>.
    /// </summary>
    public static IServiceCollection AddStorage(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<JournalSettings>(configuration);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<Disk>();
        services.AddSingleton<JournalStore>();
        services.AddSingleton<IMessageStore>(static provider => provider.GetRequiredService<JournalStore>());
        services.AddSingleton<IStoreWatch, NoStoreWatch>();
        services.AddSingleton<IReadinessCheck, StoreReadiness>();
        services.AddHostedService<JournalLifetime>();
        return services;
    }

    /// <summary>Lets the other nodes ask this node's store. Needs a <see cref="Node"/>.</summary>
    public static void AddStoreService(this IServiceCollection services) => services.AddSingleton<IPeerService, StoreService>();

    /// <summary>
    /// Adds <see cref="IMessageStore"/>: the store of the node that has one. Needs an <see cref="IPeerDirectory"/> and a <see cref="PeerClient"/>. It is started
    /// before any service and does not wait for the store, which may come later.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="hasClients">Whether there are clients here who wait while the store is away.</param>
    public static void AddRemoteStore(this IServiceCollection services, bool hasClients)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<PendingCursors>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<StoreLink>(provider, hasClients));
        services.AddSingleton<CursorWriter>();
        services.AddSingleton<IMessageStore, RemoteStore>();
        services.AddSingleton<IStoreWatch>(static provider => provider.GetRequiredService<StoreLink>());
        services.AddSingleton<IReadinessCheck, RemoteStoreReadiness>();
        services.AddHostedService<RemoteStoreLifetime>();
    }
}
