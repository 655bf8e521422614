using PushNode.Admin;
using PushNode.Auth;
using PushNode.Cluster;
using PushNode.Collect;
using PushNode.Diagnostics;
using PushNode.Dispatch;
using PushNode.Hosting;
using PushNode.Pages;
using PushNode.Push;
using PushNode.Settings;
using PushNode.Storage;

namespace PushNode;

/// <summary>The composition root, and the table of contents: one line per module to add, one to map, in the order in which a message meets them.</summary>
internal static class PushNodeApp
{
    /// <summary>A node that is ready to start. After <c>StartAsync</c> its <c>Urls</c> are the addresses it is bound to.</summary>
    /// <param name="configuration">All its settings (see <see cref="NodeConfiguration"/>); no other source is read.</param>
    /// <param name="overrides">Called after every module has registered its services: a test puts its clock or its doubles over them.</param>
    /// <exception cref="SettingsException">The node must not start with these settings, or cannot.</exception>
    public static WebApplication Build(IConfiguration configuration, Action<IServiceCollection>? overrides = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "pushnode", ContentRootPath = AppContext.BaseDirectory });
        // The settings are handed to the modules, and are not the framework's: it would read keys of its own among them.
        NodeOptions node = builder.AddHosting(configuration);
        Roles roles = node.Roles;
        IServiceCollection services = builder.Services;
        services.AddHealth();
        services.AddAdmin(configuration, node.IsLoopback, roles, node.IsClustered);
        if (node.IsClustered)
            AddNodeOfMany(services, configuration, roles);
        else
            AddNodeAlone(services, configuration, roles);
        overrides?.Invoke(services);
        // Once nothing is left to refuse: a start that is refused leaves nothing behind.
        if (node.KeepsData)
            DataFolderCheck.Run(node.Data);

        WebApplication app = builder.Build();
        app.UseHosting();
        app.MapHosting();
        app.MapHealth();
        app.MapAdmin();
        if (roles.HasFlag(Roles.Collect))
            app.MapCollect();
        if (roles.HasFlag(Roles.Push))
            app.MapPush();
        if (roles.HasFlag(Roles.Auth))
            app.MapAuth();
        app.MapPages();
        return app;
    }

    private static void AddNodeAlone(IServiceCollection services, IConfiguration configuration, Roles roles)
    {
        bool usesMongo = StorageModule.UsesMongo(configuration);
        if (usesMongo)
            services.AddMongoStore(configuration);
        else
            services.AddStorage(configuration);
        services.AddLocalCluster(storesHere: !usesMongo);
        if (roles.HasFlag(Roles.Collect))
            services.AddCollect(configuration);
        if (roles.HasFlag(Roles.Dispatch))
            services.AddDispatch();
        if (roles.HasFlag(Roles.Push))
            services.AddPush(configuration);
        if (roles.HasFlag(Roles.Auth))
            services.AddAuth(configuration);
    }

    // What a node has the role for it does itself, and for the others too; for the rest it asks them.
    private static void AddNodeOfMany(IServiceCollection services, IConfiguration configuration, Roles roles)
    {
        bool usesMongo = StorageModule.UsesMongo(configuration);
        bool collects = roles.HasFlag(Roles.Collect);
        if (usesMongo)
            services.AddMongoStore(configuration);
        else if (collects)
            services.AddStorage(configuration);
        else
            services.AddRemoteStore(hasClients: roles.HasFlag(Roles.Push));
        if (collects)
            services.AddStoreService();
        services.AddSharedCluster(configuration, roles, usesMongo ? StoreKind.Shared : collects ? StoreKind.Own : StoreKind.Elsewhere);
        services.AddClusterDispatch(roles);
        if (roles.HasFlag(Roles.Collect))
            services.AddCollect(configuration);
        if (roles.HasFlag(Roles.Push))
            services.AddPush(configuration);
        if (roles.HasFlag(Roles.Auth))
        {
            services.AddAuth(configuration);
            services.AddAuthService();
        }
        else if (roles.HasFlag(Roles.Push))
        {
            services.AddRemoteAuth();
        }
    }
}
