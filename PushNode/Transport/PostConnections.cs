using System.Collections.Concurrent;
using PushNode.Diagnostics;

namespace PushNode.Transport;

/// <summary>The clients that post without the web server: those that are idle for too long are ended, and all when the listener is unbound.</summary>
/// <param name="posts">Who takes their requests.</param>
/// <param name="idleTimeout">How long one may be idle between two requests.</param>
/// <param name="patience">How long one may take to send a head; to take an answer, some times as long.</param>
/// <param name="loopbackNamesOnly">Whether only requests are taken that address this machine by a name of loopback.</param>
/// <param name="server">Whom what is not taken goes to.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">For what goes wrong.</param>
internal sealed class PostConnections(IPosts posts, TimeSpan idleTimeout, TimeSpan patience, bool loopbackNamesOnly, IWebServer server, TimeProvider time, ILogger logger)
{
    /// <summary>An answer may be hundreds of times as long as a head.</summary>
    private const int HeadsForAnAnswer = 3;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly ConcurrentDictionary<PostConnection, bool> connections = [];
    private volatile bool stopping;

    /// <summary>Who takes their requests.</summary>
    public IPosts Posts => posts;

    /// <summary>A timestamp of the clock.</summary>
    public long Now => time.GetTimestamp();

    /// <summary>Writes the heads of their answers.</summary>
    public AnswerHead Head { get; } = new(time);

    /// <summary>Whether each answer is now the last of its connection.</summary>
    public bool IsStopping => stopping;

    /// <summary>Whether a request may be taken here, as far as the listener is concerned.</summary>
    public bool MayTake(in PostRequest request) => !loopbackNamesOnly || LoopbackHost.Is(request.Host);

    /// <summary>Takes a client with its first request; false, and nothing is taken, when that is not for here.</summary>
    public bool TryTakeFirst(ClientSocket socket, ISocketUser former, ReadOnlySpan<byte> bytes)
    {
        if (stopping || !bytes.StartsWith("POST "u8))
            return false;
        var connection = new PostConnection(socket, this);
        connections[connection] = true;
        socket.User = connection;
        if (TryTake(connection, bytes))
            return true;
        connections.TryRemove(connection, out _);
        socket.User = former;
        return false;
    }

    /// <summary>Takes a client's next request; false, and nothing of it is taken, when it is not for here.</summary>
    public bool TryTake(PostConnection connection, ReadOnlySpan<byte> bytes)
    {
        try
        {
            return connection.TryTake(bytes);
        }
        catch (Exception e)
        {
            TransportLog.Failed(logger, "Taking a request", e);
            connection.Abort();
            return true;
        }
    }

    /// <summary>Gives a client, of whose next request nothing has been received, to the web server.</summary>
    public void HandOver(PostConnection connection, ClientSocket socket)
    {
        Remove(connection);
        server.HandOver(socket);
    }

    public void Remove(PostConnection connection) => connections.TryRemove(connection, out _);

    /// <summary>Ends those that have been idle for too long, and cuts those that do not take their answers.</summary>
    public void EndLate()
    {
        foreach ((PostConnection connection, _) in connections)
        {
            if (connection.WritingSince is not 0 and long since && time.GetElapsedTime(since) > patience * HeadsForAnAnswer)
                connection.Abort();
            else if (time.GetElapsedTime(connection.IdleSince) > idleTimeout)
                connection.EndIfIdle();
        }
    }

    /// <summary>Ends each as soon as no request of it is under way. Returns then, or when the token fires.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        stopping = true;
        while (true)
        {
            foreach ((PostConnection connection, _) in connections)
                connection.EndIfIdle();
            if (connections.IsEmpty || cancellationToken.IsCancellationRequested)
                return;
            await Task.Delay(Pause, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
