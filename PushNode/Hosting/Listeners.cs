using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using PushNode.Peers;
using PushNode.Transport;

namespace PushNode.Hosting;

/// <summary>
/// The public listeners: HTTP/1.1 on http (without TLS there is no way to agree on HTTP/2), HTTP/1.1 and HTTP/2 on https. The internal one, for the other nodes: HTTP/2
/// by prior knowledge.
/// </summary>
internal static class Listeners
{
    /// <summary>A token may come in the request line, and one may be 8 KiB long.</summary>
    private const int MaxRequestLine = 16 * 1024;

    /// <summary>
    /// How long a connection may be idle between two requests. Longer than proxies and clients commonly keep theirs (60 and 90 s): whoever closes first must
    /// not be us, or a request that is just being sent is lost.
    /// </summary>
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(130);

    /// <summary>
    /// How slowly the body of a request may come, once <see cref="BodyGrace"/> has passed: who sends less holds the request open for nothing. A stream of messages
    /// lifts this.
    /// </summary>
    public const int MinBodyBytesPerSecond = 240;

    /// <summary>How long a body may take before its rate counts.</summary>
    public static readonly TimeSpan BodyGrace = TimeSpan.FromSeconds(5);

    /// <param name="kestrel">The server.</param>
    /// <param name="node">With the public addresses.</param>
    /// <param name="cluster">With the internal one; null for a node alone.</param>
    /// <param name="hosting">Timeouts.</param>
    /// <param name="https">The certificate of the public addresses on https; null when there are none.</param>
    public static void Configure(KestrelServerOptions kestrel, NodeOptions node, ClusterNode? cluster, HostingOptions hosting, HttpsConnectionAdapterOptions? https)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.RequestHeadersTimeout = hosting.HeaderTimeout;
        kestrel.Limits.KeepAliveTimeout = IdleTimeout;
        kestrel.Limits.MaxRequestLineSize = MaxRequestLine;
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(MinBodyBytesPerSecond, BodyGrace);
        // Each endpoint bounds its own body: only it knows whether that is one message or an endless stream of them.
        kestrel.Limits.MaxRequestBodySize = null;

        foreach (ListenAddress url in node.Urls)
            Listen(kestrel, url, options => Public(options, url, https));
        if (cluster is not null)
            Listen(kestrel, cluster.Listen, options => Internal(options, cluster));
    }

    /// <summary>What listens on the public addresses without TLS.</summary>
    public static SocketListenerFactory CreatePlain(NodeOptions node, ClusterNode? cluster, HostingOptions hosting, IServiceProvider services)
    {
        ListenAddress[] others = [.. node.Urls.Where(static u => u.IsHttps), .. cluster is null ? (ListenAddress[])[] : [cluster.Listen]];
        return new SocketListenerFactory(
            endpoint => node.Urls.Any(url => !url.IsHttps && url.Covers(endpoint)) && !others.Any(other => other.Covers(endpoint)),
            new SocketListenerOptions(
                hosting.HeaderTimeout,
                IdleTimeout,
                services.GetRequiredService<NodeAccess>().IsOpen,
                services.GetService<IUpgrades>(),
                services.GetService<IPosts>()),
            services.GetRequiredService<IMemoryPoolFactory<byte>>(),
            services.GetRequiredService<TimeProvider>(),
            services.GetRequiredService<ILoggerFactory>());
    }

    private static void Listen(KestrelServerOptions kestrel, ListenAddress url, Action<ListenOptions> configure)
    {
        // A free port cannot be the same one over IPv4 and IPv6.
        if (url is { Address: null, Port: 0 })
            kestrel.Listen(IPAddress.Loopback, 0, configure);
        else if (url.Address is null)
            kestrel.ListenLocalhost(url.Port, configure);
        else if (url.Address.Equals(IPAddress.IPv6Any))
            kestrel.ListenAnyIP(url.Port, configure);
        else
            kestrel.Listen(url.Address, url.Port, configure);
    }

    private static void Public(ListenOptions options, ListenAddress url, HttpsConnectionAdapterOptions? https)
    {
        options.Protocols = url.IsHttps ? HttpProtocols.Http1AndHttp2 : HttpProtocols.Http1;
        if (url.IsHttps)
            options.UseHttps(https!);
    }

    private static void Internal(ListenOptions options, ClusterNode cluster)
    {
        options.Protocols = HttpProtocols.Http2;
        if (cluster.Certificates.IsUsed)
            options.UseHttps(cluster.Certificates.ForServer(options.ApplicationServices.GetRequiredService<ILogger<PeerGate>>(), options.ApplicationServices.GetRequiredService<TimeProvider>()));
        options.Use(static next => connection =>
        {
            connection.Features.Set(PeerConnection.Mark);
            return next(connection);
        });
    }
}
