namespace PushNode.Cluster;

/// <summary>Where things are: routes, heads and revocations.</summary>
internal static class ClusterModule
{
    public static void AddCluster(this IServiceCollection services)
    {
        services.AddSingleton<Node>();
        services.AddSingleton<IRouteTable, MemoryRouteTable>();
        services.AddSingleton<IHeads, StoreHeads>();
        services.AddSingleton<Revocations>();
    }
}
