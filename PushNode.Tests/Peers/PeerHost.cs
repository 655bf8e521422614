using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using PushNode.Hosting;
using PushNode.Peers;
using PushNode.Settings;
using PushNode.Tests.Storage;
using PushNode.Tests.Support;

namespace PushNode.Tests.Peers;

/// <summary>The internal and the public listener of a node as they are, with services that the test gives it.</summary>
internal sealed class PeerHost : IAsyncDisposable
{
    public const string Secret = "the-secret-of-a-test";
    public const string PublicAnswer = "public";

    private readonly WebApplication app;

    private PeerHost(WebApplication app, Node node, LogRecorder log) => (this.app, Node, Log) = (app, node, log);

    public Node Node { get; }

    public LogRecorder Log { get; }

    /// <summary>The public address.</summary>
    public Uri Public => new(app.Urls.Single(url => !url.EndsWith(Node.Address, StringComparison.Ordinal)));

    public Uri Internal => new(app.Urls.Single(url => url.EndsWith(Node.Address, StringComparison.Ordinal)));

    /// <summary>How the directory shows it.</summary>
    public Peer Peer => new(Node.Address, Node.Incarnation, Roles.All, "", 0, false, false);

    public static Task<PeerHost> StartAsync(params IPeerService[] services) => StartAsync(Options(Ports.Next()), services);

    public static async Task<PeerHost> StartAsync(ClusterOptions options, params IPeerService[] services)
    {
        var cluster = ClusterNode.From(options);
        var node = new Node(cluster.Address);
        var log = new LogRecorder();
        IConfiguration urls = new ConfigurationBuilder().AddInMemoryCollection([KeyValuePair.Create("Urls", (string?)"http://127.0.0.1:0")]).Build();
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton(node).AddSingleton(cluster.Secret).AddSingleton(TimeProvider.System);
        builder.Services.Configure<HostOptions>(static host => host.ShutdownTimeout = TimeSpan.FromMilliseconds(200));
        foreach (IPeerService service in services)
            builder.Services.AddSingleton(service);
        builder.Logging.AddProvider(log);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => Listeners.Configure(kestrel, NodeOptions.From(urls), cluster, new HostingOptions(), null));
        WebApplication app = builder.Build();
        app.UsePeers();
        app.Run(static context => context.Response.WriteAsync(PublicAnswer));
        await app.StartAsync();
        return new PeerHost(app, node, log);
    }

    public static ClusterOptions Options(int port) => new() { Listen = $"http://127.0.0.1:{port}", Secret = Secret, Timeout = TimeSpan.FromSeconds(2) };

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
