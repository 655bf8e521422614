using PushNode.Counting;
using PushNode.Dispatch.Remote;
using PushNode.Peers;
using PushNode.Push;
using PushNode.Settings;

namespace PushNode.Dispatch;

/// <summary>From a stored message to the nodes that hold its channel.</summary>
internal static class DispatchModule
{
    /// <summary>For a node that is alone: it delivers to itself.</summary>
    public static void AddDispatch(this IServiceCollection services)
    {
        services.AddSingleton<IDeliveries, LocalDelivery>();
        services.AddSingleton<IDispatcher, Dispatcher>();
    }

    /// <summary>
    /// For a node of a cluster, instead of <see cref="AddDispatch"/> and whatever its roles: with dispatch it brings messages to every push node, and does so for the collect nodes
    /// that do not; with collect but not dispatch it has another node do it; with push it takes what other nodes bring. Needs what <see cref="PeersModule.AddPeers"/>
    /// needs, <see cref="ClusterOptions"/>, a <see cref="TimeProvider"/>; with push, <see cref="IDelivery"/> and <see cref="IReconcile"/>; with dispatch, the route table.
    /// </summary>
    public static void AddClusterDispatch(this IServiceCollection services, Roles roles)
    {
        if (roles.HasFlag(Roles.Dispatch) || roles.HasFlag(Roles.Collect))
        {
            services.AddSingleton<DispatchMetrics>();
            services.AddSingleton<ICounted>(static s => s.GetRequiredService<DispatchMetrics>());
        }

        if (roles.HasFlag(Roles.Dispatch))
        {
            services.AddSingleton<LinkServices>();
            services.AddSingleton(static s => new PeerDeliveries(
                s.GetRequiredService<IPeerDirectory>(), s.GetRequiredService<Node>(), s.GetRequiredService<LinkServices>(), s.GetService<IDelivery>()));
            services.AddSingleton<IDeliveries>(static s => s.GetRequiredService<PeerDeliveries>());
            services.AddHostedService(static s => s.GetRequiredService<PeerDeliveries>());
            services.AddHostedService<TableReturn>();
            services.AddSingleton<IDispatcher, Dispatcher>();
            services.AddSingleton<IPeerService, DispatchService>();
        }
        else if (roles.HasFlag(Roles.Collect))
        {
            services.AddSingleton<RemoteDispatcher>();
            services.AddSingleton<IDispatcher>(static s => s.GetRequiredService<RemoteDispatcher>());
            services.AddHostedService(static s => s.GetRequiredService<RemoteDispatcher>());
        }

        if (roles.HasFlag(Roles.Push))
            services.AddSingleton<IPeerService, DeliveryService>();
    }
}
