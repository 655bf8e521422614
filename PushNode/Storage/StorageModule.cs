using Microsoft.Extensions.DependencyInjection.Extensions;
using PushNode.Diagnostics;
using PushNode.Peers;
using PushNode.Settings;
using PushNode.Storage.Cursors;
using PushNode.Storage.Journal;
using PushNode.Storage.Mongo;
using PushNode.Storage.Remote;

namespace PushNode.Storage;

/// <summary>
/// What is kept. A node alone: <see cref="AddStorage"/>. In a cluster the node that stores: <see cref="AddStorage"/> and <see cref="AddStoreService"/>; every other
/// one: <see cref="AddRemoteStore"/>.
/// </summary>
internal static class StorageModule
{
    /// <summary>Whether MongoDB keeps the messages, and not a journal.</summary>
    public static bool UsesMongo(IConfiguration configuration) =>
        !string.IsNullOrWhiteSpace(configuration["Mongo:Connection"]) || !string.IsNullOrWhiteSpace(configuration["Mongo:ConnectionFile"]);

    /// <summary>What messages the configured store can take.</summary>
    public static StoreLimits LimitsOf(IConfiguration configuration) => UsesMongo(configuration)
        ? new StoreLimits("Mongo:Retention", SettingsRegistration.Bind<MongoOptions>(configuration).Retention, MongoOptions.MaxDataBytes)
        : new StoreLimits("Journal:Retention", SettingsRegistration.Bind<JournalSettings>(configuration).Retention, int.MaxValue);

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

    /// <summary>
    /// Adds <see cref="IMessageStore"/>: MongoDB, which is opened before anything is served. Uses an <see cref="IHeadHints"/> if there is one.
    /// </summary>
    /// <exception cref="SettingsException">A setting is wrong.</exception>
    public static void AddMongoStore(this IServiceCollection services, IConfiguration configuration)
    {
        MongoOptions options = services.AddSettings<MongoOptions>(configuration);
        // Now, so that what is wrong with it stops the start before anything is left behind.
        MongoAddress.Check(options);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<Collections>();
        services.AddSingleton<MongoSetup>();
        services.AddSingleton<HeadQuery>();
        services.AddSingleton<PageQuery>();
        services.AddSingleton<CursorQuery>();
        services.AddSingleton<RevocationQuery>();
        services.AddSingleton<AppendQuery>();
        services.AddSingleton<PendingCursors>();
        services.AddSingleton<MongoConnection>();
        services.AddSingleton<ICursorTarget, MongoCursors>();
        services.AddSingleton<CursorWriter>();
        services.AddSingleton<MongoAppender>();
        services.AddSingleton<IMessageStore, MongoMessageStore>();
        services.AddSingleton<IStoreWatch>(static provider => provider.GetRequiredService<MongoConnection>());
        services.AddSingleton<IReadinessCheck, StoreReadiness>();
        services.AddSingleton<IStoreConnection>(static provider => provider.GetRequiredService<MongoConnection>());
        services.AddHostedService<StoreLifetime>();
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
        services.AddSingleton<ICursorTarget, RemoteCursors>();
        services.AddSingleton<CursorWriter>();
        services.AddSingleton<IMessageStore, RemoteStore>();
        services.AddSingleton<IStoreWatch>(static provider => provider.GetRequiredService<StoreLink>());
        services.AddSingleton<IReadinessCheck, RemoteStoreReadiness>();
        services.AddSingleton<IStoreConnection>(static provider => provider.GetRequiredService<StoreLink>());
        services.AddHostedService<StoreLifetime>();
    }
}
