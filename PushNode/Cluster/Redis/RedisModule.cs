using Microsoft.Extensions.DependencyInjection.Extensions;
using PushNode.Diagnostics;
using PushNode.Peers;
using PushNode.Settings;
using PushNode.Storage;
using PushNode.Storage.Journal;

namespace PushNode.Cluster.Redis;

/// <summary>What the nodes of a cluster share, in Redis.</summary>
internal static class RedisModule
{
    /// <summary>
    /// Registers <see cref="IRouteTable"/>, <see cref="IHeads"/>, <see cref="IRevocationCopy"/> and <see cref="IPeerDirectory"/>. Needs a <see cref="Node"/> and the
    /// store, which is from here on this node's journal only while it has the claim; tells the others how many connections there are if there is an <see cref="INodeLoad"/>.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configuration">With the section <c>Redis</c>.</param>
    /// <param name="roles">The modules this node runs.</param>
    /// <param name="store">What it has to do with the store.</param>
    /// <exception cref="SettingsException">A setting is wrong.</exception>
    public static void AddRedis(this IServiceCollection services, IConfiguration configuration, Roles roles, StoreKind store)
    {
        RedisOptions options = services.AddSettings<RedisOptions>(configuration);
        // Read now, so that what is wrong with it stops the start.
        RedisAddress.From(options);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<FatalEnd>();
        services.AddSingleton<RedisKeys>();
        services.AddSingleton<RedisLink>();
        services.AddSingleton<NodeDirectory>();
        services.AddSingleton<RedisPeerDirectory>();
        services.AddSingleton<Heartbeat>();
        services.AddSingleton(provider => Facts(provider, roles, store));
        services.AddSingleton<IPeerDirectory>(static provider => provider.GetRequiredService<RedisPeerDirectory>());
        services.AddSingleton<IRouteTable, RedisRouteTable>();
        services.AddSingleton<RedisHeadHints>();
        services.AddSingleton<IHeadHints>(static provider => provider.GetRequiredService<RedisHeadHints>());
        services.AddSingleton<IHeads, RedisHeads>();
        services.AddSingleton<IRevocationCopy, RedisRevocationCopy>();
        services.AddSingleton<IReadinessCheck, RedisReadiness>();
        services.AddSingleton<IReadinessCheck>(static provider => provider.GetRequiredService<Heartbeat>());
        services.AddSingleton<RedisPulse>();
        services.AddHostedService(static provider => provider.GetRequiredService<RedisPulse>());
        if (store == StoreKind.Own)
            AddClaim(services);
        // Behind the claim: who has taken over is not to be compared with whom it has taken over from.
        if (store != StoreKind.Elsewhere)
            services.AddHostedService<StoreAgreement>();
    }

    private static void AddClaim(IServiceCollection services)
    {
        services.AddSingleton<SharedClaim>();
        services.AddSingleton<StoreRival>();
        services.AddSingleton<ClaimFile>();
        services.AddSingleton(static provider => ActivatorUtilities.CreateInstance<StoreClaim>(provider, provider.GetRequiredService<JournalStore>()));
        services.AddSingleton<IMessageStore>(static provider => new ClaimedStore(provider.GetRequiredService<JournalStore>(), provider.GetRequiredService<StoreClaim>()));
        services.AddHostedService(static provider => provider.GetRequiredService<StoreClaim>());
    }

    // Asked for when they are needed: both need what needs this.
    private static NodeFacts Facts(IServiceProvider provider, Roles roles, StoreKind store)
    {
        var load = new Lazy<INodeLoad?>(provider.GetService<INodeLoad>);
        var claim = new Lazy<StoreClaim?>(provider.GetService<StoreClaim>);
        return new NodeFacts(roles, () => load.Value?.Connections ?? 0, () => store == StoreKind.Shared ? roles.HasFlag(Roles.Collect) : claim.Value?.IsHeld == true);
    }
}
