using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using PushNode.Peers;

namespace PushNode.Tests.Support;

/// <summary>A node as the others see it: an internal listener with some services behind it.</summary>
internal sealed class InternalListener : IAsyncDisposable
{
    private readonly WebApplication app;

    private InternalListener(WebApplication app, Node node)
    {
        this.app = app;
        Node = node;
    }

    public static ClusterSecret Secret { get; } = new("a secret of the tests");

    public Node Node { get; }

    /// <summary>Starts a node, on a free port or on that of one that has ended.</summary>
    public static async Task<InternalListener> StartAsync(Func<Node, IPeerService> service, string? address = null)
    {
        var node = new Node(address ?? $"127.0.0.1:{Ports.Next()}");
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(node);
        builder.Services.AddSingleton(Secret);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(service(node));
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPEndPoint.Parse(node.Address), listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            listen.Use(next => connection =>
            {
                connection.Features.Set(PeerConnection.Mark);
                return next(connection);
            });
        }));
        WebApplication app = builder.Build();
        app.UseMiddleware<PeerGate>();
        await app.StartAsync();
        return new InternalListener(app, node);
    }

    /// <summary>A client of another node.</summary>
    public static PeerClient CreateClient(TimeSpan? timeout = null) =>
        new(new ClusterOptions { Timeout = timeout ?? TimeSpan.FromSeconds(5) }, Secret, PeerCertificates.None, new Node("127.0.0.1:1"));

    /// <summary>Ends as a killed process does: connections break off, nothing is finished.</summary>
    public async ValueTask DisposeAsync()
    {
        await app.StopAsync(new CancellationToken(canceled: true));
        await app.DisposeAsync();
    }
}
