using PushNode.Counting;
using PushNode.Peers;
using PushNode.Settings;
using PushNode.Transport;

namespace PushNode.Push;

/// <summary>The clients' side: their connections and the delivery to them.</summary>
internal static class PushModule
{
    public static void AddPush(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<PushOptions>(configuration);
        services.AddSingleton<PushMetrics>();
        services.AddSingleton<ICounted>(static s => s.GetRequiredService<PushMetrics>());
        services.AddSingleton<HeldChannels>();
        services.AddSingleton<FlushQueue>();
        services.AddSingleton<GapFill>();
        services.AddSingleton<Hub>();
        services.AddSingleton<IDelivery>(static s => s.GetRequiredService<Hub>());
        services.AddSingleton<ConnectionList>();
        services.AddSingleton<INodeLoad>(static s => s.GetRequiredService<ConnectionList>());
        services.AddSingleton<Replay>();
        services.AddSingleton<ConnectionServices>();
        services.AddSingleton<Join>();
        services.AddSingleton<CommandHandler>();
        services.AddSingleton<Admission>();
        services.AddSingleton<ClientSession>();
        services.AddSingleton<Drain>();
        services.AddSingleton<EpochChange>();
        services.AddSingleton<HeadComparison>();
        services.AddSingleton<RouteRefresh>();
        services.AddSingleton<Reconciler>();
        services.AddSingleton<IReconcile>(static s => s.GetRequiredService<Reconciler>());
        services.AddSingleton<WebSocketEndpoint>();
        services.AddSingleton<SseEndpoint>();
        services.AddSingleton<IUpgrades, SocketEndpoint>();
        services.AddHostedService<StoreChanges>();
        services.AddHostedService<RevocationWatch>();
        services.AddHostedService<Heartbeats>();
        services.AddHostedService(static s => s.GetRequiredService<Reconciler>());
        services.AddHostedService<RouteKeeper>();
        services.AddHostedService<Farewell>();
    }

    public static void MapPush(this IEndpointRouteBuilder endpoints)
    {
        var sse = endpoints.ServiceProvider.GetRequiredService<SseEndpoint>();
        endpoints.MapGet("/push/sse", sse.HandleAsync);
        endpoints.MapMethods("/push/sse", ["OPTIONS"], SseEndpoint.AllowAsync);
        // Over HTTP/2 a WebSocket is opened with CONNECT (RFC 8441).
        endpoints.MapMethods("/push", ["GET", "CONNECT"], endpoints.ServiceProvider.GetRequiredService<WebSocketEndpoint>().HandleAsync);
    }
}
