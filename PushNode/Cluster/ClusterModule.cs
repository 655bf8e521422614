using PushNode.Cluster.Redis;
using PushNode.Peers;
using PushNode.Settings;

namespace PushNode.Cluster;

/// <summary>Where things are: routes, heads, revocations, and the other nodes.</summary>
internal static class ClusterModule
{
    /// <summary>A node alone knows by itself where everything is: here.</summary>
    /// <param name="services">The services.</param>
    /// <param name="storesHere">Whether the store is on this node too, where asking it for heads costs nothing.</param>
    public static void AddLocalCluster(this IServiceCollection services, bool storesHere)
    {
        services.AddSingleton(new Node());
        services.AddSingleton<IRouteTable, MemoryRouteTable>();
        if (storesHere)
            services.AddSingleton<IHeads, StoreHeads>();
        else
            services.AddSingleton<IHeads, NoHeads>();
        services.AddSingleton<IRevocationCopy, NoRevocationCopy>();
        services.AddSingleton<Revocations>();
    }

    /// <summary>The nodes of a cluster tell one another in Redis. Needs a <see cref="Node"/> and the store.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configuration">With the section <c>Redis</c>.</param>
    /// <param name="roles">The modules this node runs.</param>
    /// <param name="store">What it has to do with the store.</param>
    /// <exception cref="SettingsException">A setting is wrong.</exception>
    public static void AddSharedCluster(this IServiceCollection services, IConfiguration configuration, Roles roles, StoreKind store)
    {
        services.AddRedis(configuration, roles, store);
        services.AddSingleton<Revocations>();
    }
}
