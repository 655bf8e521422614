using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Console;
using PushNode.Auth;
using PushNode.Cluster.Redis;
using PushNode.Diagnostics;
using PushNode.Peers;
using PushNode.Push;
using PushNode.Settings;

namespace PushNode.Hosting;

/// <summary>How a node starts, listens, logs and stops; and what holds for every request.</summary>
internal static class HostingModule
{
    /// <returns>What every node has.</returns>
    /// <exception cref="SettingsException">The node must not start with these settings, or cannot.</exception>
    public static NodeOptions AddHosting(this WebApplicationBuilder builder, IConfiguration configuration)
    {
        var node = NodeOptions.From(configuration);
        SettingError[] refusals = [.. StartupRules.Check(configuration, node), .. LoggingSettings.Check(configuration), .. SettingSections.FindFaults(configuration)];
        if (refusals.Length > 0)
            throw new SettingsException(refusals);

        IServiceCollection services = builder.Services;
        var hosting = services.AddSettings<HostingOptions>(configuration);
        HttpsConnectionAdapterOptions? https = services.AddSettings<TlsOptions>(configuration).Load(node.Urls);
        ClusterNode? cluster = AddClusterNode(services, configuration, node);
        services.AddSingleton(node);
        services.AddSingleton(NodeAccess.From(configuration, node));
        services.AddRoutingCore();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IReadinessCheck, NodeReadiness>();
        var drain = services.AddSettings<DrainOptions>(configuration);
        services.Configure<HostOptions>(host => host.ShutdownTimeout = drain.WindowOf(node.IsClustered) + hosting.ShutdownTimeout);

        services.AddSingleton(new DataFolder(node.Data));
        services.AddSingleton(provider => new TryOutTokenEndpoint(TokenSigner.FromConfiguration(
            configuration,
            () => SigningKey.LoadOrCreate(provider.GetRequiredService<DataFolder>()),
            provider.GetRequiredService<TimeProvider>())));
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Listeners.Configure(kestrel, node, cluster, hosting, https));
        // After the web server's own, which takes what this one leaves.
        if (OperatingSystem.IsLinux())
            services.AddSingleton<IConnectionListenerFactory>(provider => Listeners.CreatePlain(node, cluster, hosting, provider));
        AddLogging(builder.Logging, configuration);
        return node;
    }

    public static void UseHosting(this WebApplication app)
    {
        if (app.Services.GetRequiredService<NodeOptions>().IsClustered)
            app.UsePeers();
        app.UseMiddleware<ProblemResponses>();
        if (app.Services.GetRequiredService<NodeAccess>().IsOpen)
            app.UseMiddleware<LoopbackHostGuard>();
    }

    public static void MapHosting(this IEndpointRouteBuilder endpoints)
    {
        IServiceProvider services = endpoints.ServiceProvider;
        if (services.GetRequiredService<NodeAccess>().IsTryOut)
            endpoints.MapPost(TryOutTokenEndpoint.Path, services.GetRequiredService<TryOutTokenEndpoint>().HandleAsync);
    }

    private static ClusterNode? AddClusterNode(IServiceCollection services, IConfiguration configuration, NodeOptions node)
    {
        var options = services.AddSettings<ClusterOptions>(configuration);
        if (!node.IsClustered)
        {
            string[] given = [.. GivenOnlyToACluster(configuration.GetSection(ClusterOptions.Section))];
            return given.Length == 0
                ? null
                : throw new SettingsException("Redis:Connection", null, $"is missing: {string.Join(" and ", given)} would do nothing, for only a node of a cluster has a use for it, and its nodes find each other in Redis; set it (--redis host:6379), or leave the other out");
        }

        var cluster = ClusterNode.From(options);
        if (node.Urls.FirstOrDefault(cluster.Listen.Overlaps) is { } shared)
            throw new SettingsException("Cluster:Listen", options.Listen, $"Urls has {shared}, which takes the same port: the other nodes reach this one by a listener of their own, so give it another port");
        var redis = SettingsRegistration.Bind<RedisOptions>(configuration);
        if (cluster.IsLoopback && !RedisAddress.From(redis).IsLoopback())
            throw new SettingsException("Cluster:Advertise", cluster.Address, "nodes on other machines cannot reach this: it may be loopback only while Redis is on loopback too, and with it the whole cluster");
        services.AddSingleton(cluster);
        services.AddSingleton(cluster.Secret);
        services.AddSingleton(cluster.Certificates);
        services.AddPeers(cluster.Address);
        services.AddHostedService<AddressCheck>();
        return cluster;
    }

    // The secret may stand where all that run on a machine read it; it opens nothing on a node alone.
    private static IEnumerable<string> GivenOnlyToACluster(IConfigurationSection cluster) =>
        from setting in cluster.GetChildren()
        where !string.IsNullOrEmpty(setting.Value) && !setting.Key.StartsWith(nameof(ClusterOptions.Secret), StringComparison.OrdinalIgnoreCase)
        select setting.Path;

    private static void AddLogging(ILoggingBuilder logging, IConfiguration configuration)
    {
        // Why a node could not start is told once, as a sentence on stderr; the settings may ask for the stack trace, so they come last.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        logging.AddFilter("Microsoft.AspNetCore.Server.Kestrel", static level => level is LogLevel.Warning or LogLevel.Error);
        logging.AddConfiguration(configuration.GetSection(LoggingSettings.Section));
        // Before the console, which reads its settings: they go over these.
        logging.Services.Configure<ConsoleLoggerOptions>(static console => console.FormatterName = ConsoleFormatterNames.Simple);
        logging.Services.Configure<SimpleConsoleFormatterOptions>(static console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
        });
        logging.AddConsole();
    }
}
