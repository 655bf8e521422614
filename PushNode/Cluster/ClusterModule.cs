using PushNode.Cluster.Redis;
using PushNode.Peers;
using PushNode.Settings;

namespace PushNode.Cluster;

/// <summary>Where things are: routes, heads, revocations, and the other nodes.</summary>
internal static class ClusterModule
{
    /// <summary>A node alone knows by itself where everything is: here.</summary>
    public static void AddLocalCluster(this IServiceCollection services)
    {
        services.AddSingleton(new Node());
        services.AddSingleton<IRouteTable, MemoryRouteTable>();
        services.AddSingleton<IHeads, StoreHeads>();
        services.AddSingleton<IRevocationCopy, NoRevocationCopy>();
        services.AddSingleton<Revocations>();
    }

    /// <summary>The nodes of a cluster tell one another in Redis. Needs a <see cref="Node"/> and the store.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configuration">With the section <c>Redis</c>.</param>
    /// <param name="roles">The modules this node runs.</param>
    /// <param name="stores">Whether its journal is the cluster's store.</param>
    /// <exception cref="SettingsException">A setting is wrong.</exception>
    public static void AddSharedCluster(this IServiceCollection services, IConfiguration configuration, Roles roles, bool stores)
    {
        services.AddRedis(configuration, roles, stores);
        services.AddSingleton<Revocations>();
    }
}
