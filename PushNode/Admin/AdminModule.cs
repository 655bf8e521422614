using PushNode.Access;
using PushNode.Admin.Status;
using PushNode.Cluster.Redis;
using PushNode.Diagnostics;
using PushNode.Peers;
using PushNode.Settings;
using PushNode.Storage;

namespace PushNode.Admin;

/// <summary>Running a node over HTTP, and watching all of them from it.</summary>
internal static class AdminModule
{
    /// <summary>Needs a <see cref="Node"/>, an <see cref="IMessageStore"/> and a <see cref="TimeProvider"/>; asks what there is of <c>ICounted</c>.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configuration">With the section <c>Admin</c>.</param>
    /// <param name="isLoopback">Whether nobody outside this machine can reach the node.</param>
    /// <param name="roles">The modules it runs.</param>
    /// <param name="isClustered">Whether there are other nodes: then an <see cref="IPeerDirectory"/>, a <see cref="PeerClient"/> and a <see cref="RedisLink"/> are needed too.</param>
    /// <exception cref="SettingsException">The key is none.</exception>
    public static void AddAdmin(this IServiceCollection services, IConfiguration configuration, bool isLoopback, Roles roles, bool isClustered)
    {
        AdminKey key = services.AddSettings<AdminOptions>(configuration).Load();
        services.AddSingleton(key);
        services.AddSingleton(new AdminGuard(key, isLoopback));
        services.AddSingleton<DrainEndpoint>();
        services.AddSingleton<StreamEndpoint>();
        services.AddSingleton<SampleRing>();
        services.AddSingleton<SelfSampling>();
        services.AddHostedService(static s => s.GetRequiredService<SelfSampling>());
        services.AddSingleton(s => new SelfStatus(
            s.GetRequiredService<Node>(), roles, s.GetRequiredService<Readiness>(), s.GetRequiredService<SampleRing>(), s.GetRequiredService<TimeProvider>()));
        string store = StorageModule.UsesMongo(configuration) ? "mongo" : isClustered && !roles.HasFlag(Roles.Collect) ? "remote" : "journal";
        services.AddSingleton(s => new StatusText(store, s.GetRequiredService<IMessageStore>(), s.GetRequiredService<TimeProvider>(), s.GetService<RedisLink>()));
        services.AddSingleton<StatusFeed>();
        services.AddHostedService(static s => s.GetRequiredService<StatusFeed>());
        if (!isClustered)
            return;
        services.AddSingleton<GoneNodes>();
        services.AddSingleton<OtherNodes>();
        services.AddSingleton<IPeerService, NodeServices>();
    }

    public static void MapAdmin(this IEndpointRouteBuilder endpoints)
    {
        IServiceProvider services = endpoints.ServiceProvider;
        endpoints.MapPost("/admin/drain", services.GetRequiredService<DrainEndpoint>().HandleAsync);
        endpoints.MapGet("/admin/stream", services.GetRequiredService<StreamEndpoint>().HandleAsync);
    }
}
