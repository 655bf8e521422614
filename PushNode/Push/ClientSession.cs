namespace PushNode.Push;

/// <summary>The life of a connection: into the list, joined, read until it ends, and out of everything again.</summary>
internal sealed class ClientSession(ConnectionList connections, Join join, Drain drain, ILogger<ClientSession> logger)
{
    /// <param name="connection">A new connection.</param>
    /// <param name="request">What it asks for.</param>
    /// <param name="run">Runs its transport until the client has left.</param>
    /// <param name="cancellationToken">The transport's end.</param>
    public async Task RunAsync(Connection connection, ConnectRequest request, Func<CancellationToken, Task> run, CancellationToken cancellationToken)
    {
        Begin(connection, request, cancellationToken);
        try
        {
            await run(cancellationToken);
        }
        finally
        {
            await EndAsync(connection);
        }
    }

    /// <summary>A new connection, whose reading begins at once: a join may wait for the store, and a client may leave meanwhile.</summary>
    public void Begin(Connection connection, ConnectRequest request, CancellationToken clientGone)
    {
        PushLog.Connected(logger, connection.UserId, connection.Device, connection);
        connections.Add(connection);
        if (connections.IsStopping)
            drain.TurnAway(connection);
        connection.Joined = JoinAsync(connection, request, clientGone);
    }

    /// <summary>The transport has ended, and reads nothing more.</summary>
    public async Task EndAsync(Connection connection)
    {
        await connection.Joined;
        await join.LeaveAsync(connection);
        connections.Remove(connection);
        PushLog.Left(logger, connection.UserId, connection);
    }

    private async Task JoinAsync(Connection connection, ConnectRequest request, CancellationToken cancellationToken)
    {
        try
        {
            await join.RunAsync(connection, request, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The client left before it had joined.
        }
        catch (Exception e)
        {
            PushLog.Failed(logger, $"A join of {connection.UserId}", e);
            connection.Close(CloseCode.InternalError, "the node failed to connect you to your messages");
        }
        finally
        {
            // An idle connection keeps nothing of its join.
            connection.EndJoin();
        }
    }
}
