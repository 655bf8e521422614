using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using PushNode.Diagnostics;

namespace PushNode.Transport;

/// <summary>
/// Listens in place of the web server. A connection that has sent nothing costs an object and a place in a queue. Once it has, it is looked at and left as it is;
/// what is not taken here goes to the web server, which finds everything there as it came.
/// </summary>
internal sealed class SocketListener : IConnectionListener, IPolled, ISocketUser, IWebServer
{
    /// <summary>Connections accepted before others that are ready have their turn.</summary>
    private const int AcceptsAtOnce = 64;

    /// <summary>Connections that wait for the web server; more wait too, but outside of the queue.</summary>
    private const int MaxWaiting = 512;

    private readonly Socket listener;
    private readonly Poller poller;
    private readonly Arrivals arrivals;
    private readonly IUpgrades? upgrades;
    private readonly PostConnections? posts;
    private readonly bool loopbackNamesOnly;
    private readonly WebServerConnections contexts;
    private readonly ILogger logger;
    private readonly Channel<(ClientSocket Client, object? Known)> handedOver = Channel.CreateBounded<(ClientSocket, object?)>(MaxWaiting);
    private volatile bool paused;
    private volatile bool unbound;

    /// <param name="listener">Bound, and not listening yet.</param>
    /// <param name="backlog">How many connections may wait to be accepted.</param>
    /// <param name="options">What is taken before the web server has it.</param>
    /// <param name="contexts">Makes the others the web server's.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">For what goes wrong.</param>
    /// <exception cref="SocketException">It cannot listen.</exception>
    /// <exception cref="IOException">The system has no room for it.</exception>
    public SocketListener(Socket listener, int backlog, SocketListenerOptions options, WebServerConnections contexts, TimeProvider time, ILogger logger)
    {
        upgrades = options.Upgrades;
        loopbackNamesOnly = options.LoopbackNamesOnly;
        posts = options.Posts is { } taker ? new PostConnections(taker, options.IdleTimeout, options.Patience, loopbackNamesOnly, this, time, logger) : null;
        this.listener = listener;
        this.contexts = contexts;
        this.logger = logger;
        EndPoint = listener.LocalEndPoint!;
        arrivals = new Arrivals(this, options.Patience, time);
        listener.Listen(backlog);
        listener.Blocking = false;
        poller = new Poller(Beat, logger);
        poller.WatchListener(this, listener.SafeHandle);
    }

    public EndPoint EndPoint { get; }

    /// <summary>The next connection for the web server; null when it has been unbound.</summary>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await handedOver.Reader.WaitToReadAsync(cancellationToken))
        {
            while (handedOver.Reader.TryRead(out (ClientSocket Client, object? Known) next))
            {
                if (contexts.TryCreate(next.Client, next.Known) is { } context)
                    return context;
            }
        }

        return null;
    }

    /// <summary>Takes no more connections. Returns when no request that was taken before the web server is under way, or the token fires.</summary>
    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        unbound = true;
        listener.Dispose();
        arrivals.CloseAll();
        handedOver.Writer.TryComplete();
        if (posts is not null)
            await posts.StopAsync(cancellationToken);
    }

    /// <summary>Cuts all that have not ended by now.</summary>
    public async ValueTask DisposeAsync()
    {
        await UnbindAsync(new CancellationToken(canceled: true));
        await poller.DisposeAsync();
    }

    // Connections wait to be accepted.
    void IPolled.Signal(uint events, bool isCalm)
    {
        try
        {
            for (int i = 0; i < AcceptsAtOnce && !unbound; i++)
            {
                int descriptor = Libc.Accept(listener.SafeHandle);
                if (descriptor >= 0)
                    Begin(descriptor);
                else if (Marshal.GetLastPInvokeError() is Libc.TryAgain or Libc.Interrupted or Libc.Aborted)
                    return;
                else
                {
                    Pause();
                    return;
                }
            }
        }
        catch (ObjectDisposedException)
        {
            // Unbound meanwhile.
        }
    }

    bool ISocketUser.OnReadable(ClientSocket socket)
    {
        Span<byte> first = Scratch.Bytes;
        int length = socket.Peek(first);
        if (length < 0)
            return true;
        if (length == 0)
            socket.Dispose();
        else if (!TryUpgrade(socket, first[..length]) && posts?.TryTakeFirst(socket, this, first[..length]) != true)
            HandOver(socket);
        return false;
    }

    public void HandOver(ClientSocket socket, object? known = null)
    {
        if (!handedOver.Writer.TryWrite((socket, known)))
            _ = HandOverAsync(socket, known);
    }

    void ISocketUser.OnHungUp()
    {
    }

    private void Begin(int descriptor)
    {
        Libc.SetNoDelay(descriptor);
        var client = new ClientSocket(descriptor, poller, this);
        arrivals.Add(client);
        try
        {
            poller.Watch(client);
        }
        catch (IOException e)
        {
            client.Dispose();
            TransportLog.AcceptFailed(logger, e.Message);
        }
    }

    private bool TryUpgrade(ClientSocket socket, ReadOnlySpan<byte> first)
    {
        try
        {
            return upgrades is not null
                && UpgradeRequest.TryRead(first, out UpgradeRequest request)
                && (!loopbackNamesOnly || LoopbackHost.Is(request.Host))
                && upgrades.TryTake(socket, request, this);
        }
        catch (Exception e)
        {
            TransportLog.Failed(logger, "Taking a client", e);
            socket.Abort();
            return true;
        }
    }

    private async Task HandOverAsync(ClientSocket client, object? known)
    {
        try
        {
            await handedOver.Writer.WriteAsync((client, known));
        }
        catch (ChannelClosedException)
        {
            client.Dispose();
        }
    }

    // Out of descriptors or memory: those that wait stay in the backlog, and the thread does not spin.
    private void Pause()
    {
        TransportLog.AcceptFailed(logger, Marshal.GetLastPInvokeErrorMessage());
        paused = true;
        poller.PauseListener(listener.SafeHandle, paused: true);
    }

    private void Beat()
    {
        if (unbound)
            return;
        arrivals.CloseLate();
        posts?.EndLate();
        if (!paused)
            return;
        paused = false;
        poller.PauseListener(listener.SafeHandle, paused: false);
    }
}
