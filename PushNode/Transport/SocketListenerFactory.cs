using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace PushNode.Transport;

/// <summary>Listens for the web server where clients connect without TLS; it listens elsewhere itself.</summary>
/// <param name="isPlain">Whether clients speak HTTP without TLS at an address.</param>
/// <param name="taken">What is taken before the web server has it.</param>
/// <param name="pools">The web server's.</param>
/// <param name="time">The clock.</param>
/// <param name="loggers">For what goes wrong.</param>
internal sealed class SocketListenerFactory(
    Func<IPEndPoint, bool> isPlain, SocketListenerOptions taken, IMemoryPoolFactory<byte> pools, TimeProvider time, ILoggerFactory loggers)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector, IDisposable
{
    private readonly SocketTransportOptions options = new();
    private readonly ILogger logger = loggers.CreateLogger<SocketListener>();
    private readonly WebServerConnections contexts = new(pools, loggers);

    public bool CanBind(EndPoint endpoint) => endpoint is IPEndPoint address && isPlain(address);

    /// <exception cref="AddressInUseException">Somebody listens there.</exception>
    /// <exception cref="SocketException">It cannot be listened on.</exception>
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        Socket? socket = null;
        try
        {
            socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
            return new(new SocketListener(socket, options.Backlog, taken, contexts, time, logger));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            socket?.Dispose();
            throw new AddressInUseException(e.Message, e);
        }
        catch
        {
            socket?.Dispose();
            throw;
        }
    }

    public void Dispose() => contexts.Dispose();
}
