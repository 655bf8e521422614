using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace PushNode.Tests.Support;

/// <summary>What a link does with what it is given.</summary>
internal enum LinkState
{
    /// <summary>Hands everything on.</summary>
    Open,

    /// <summary>Takes connections and bytes and hands nothing on: a network that has gone without a word.</summary>
    Silent,

    /// <summary>Closes every connection, and each new one.</summary>
    Cut,
}

/// <summary>A network link to a port of this machine that can be cut, or go silent, and can be slow.</summary>
internal sealed class TestLink : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, Ports.Next());
    private readonly ConcurrentDictionary<TcpClient, TcpClient> connections = [];
    private readonly CancellationTokenSource stopped = new();
    private readonly int target;
    private readonly Task accepting;
    private volatile LinkState state;
    private volatile int forgotten;

    /// <param name="target">The port it leads to.</param>
    public TestLink(int target)
    {
        this.target = target;
        listener.Start();
        accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public Uri Address => new($"http://127.0.0.1:{Port}/");

    /// <summary>How long each piece is held before it is handed on towards the target.</summary>
    public TimeSpan Delay { get; set; }

    public LinkState State
    {
        get => state;
        set
        {
            state = value;
            if (value == LinkState.Cut)
                CloseAll();
        }
    }

    /// <summary>The connections there are now carry nothing any more, and nobody is told, as when a firewall has forgotten them; new ones do.</summary>
    public void Forget() => Interlocked.Increment(ref forgotten);

    public async ValueTask DisposeAsync()
    {
        await stopped.CancelAsync();
        listener.Stop();
        CloseAll();
        await accepting;
        stopped.Dispose();
    }

    private void CloseAll()
    {
        foreach ((TcpClient client, TcpClient server) in connections)
        {
            client.Dispose();
            server.Dispose();
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = CarryAsync(await listener.AcceptTcpClientAsync(stopped.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException || (e is InvalidOperationException && stopped.IsCancellationRequested))
        {
            // The test has ended.
        }
    }

    private async Task CarryAsync(TcpClient client)
    {
        using var server = new TcpClient();
        try
        {
            if (state == LinkState.Cut)
                return;
            connections[client] = server;
            client.NoDelay = server.NoDelay = true;
            await server.ConnectAsync(IPAddress.Loopback, target, stopped.Token);
            await Task.WhenAny(HandOnAsync(client, server, delayed: true), HandOnAsync(server, client, delayed: false));
            // What one end has closed the other one hears of, unless the network is silent.
            while (state == LinkState.Silent)
                await Task.Delay(10, stopped.Token);
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // One of the ends is gone, or the test has ended.
        }
        finally
        {
            connections.TryRemove(client, out _);
            client.Dispose();
        }
    }

    private async Task HandOnAsync(TcpClient from, TcpClient to, bool delayed)
    {
        byte[] buffer = new byte[64 * 1024];
        int born = forgotten;
        try
        {
            while (await from.GetStream().ReadAsync(buffer, stopped.Token) is > 0 and int length)
            {
                if (delayed && Delay > TimeSpan.Zero)
                    await Task.Delay(Delay, stopped.Token);
                if (state == LinkState.Open && born == forgotten)
                    await to.GetStream().WriteAsync(buffer.AsMemory(0, length), stopped.Token);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
        {
            // One of the ends is gone, or the test has ended.
        }
    }
}
