using PushNode.Peers;

namespace PushNode.Cluster;

/// <summary>Where things are: routes, heads and revocations.</summary>
internal static class ClusterModule
{
    public static void AddCluster(this IServiceCollection services)
    {
        services.AddSingleton(new Node());
        services.AddSingleton<IRouteTable, MemoryRouteTable>();
        services.AddSingleton<IHeads, StoreHeads>();
        services.AddSingleton<IRevocationCopy, NoRevocationCopy>();
        services.AddSingleton<Revocations>();
    }
}
