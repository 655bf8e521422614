using PushNode.Peers;

namespace PushNode.Push;

/// <summary>
/// Sends this node's clients away: from its begin the node is not ready and takes no new ones; those it has are told to connect elsewhere, evenly spread over
/// the window, and are delivered to until then. Clients that leave by themselves make it shorter.
/// </summary>
internal sealed class Drain(ConnectionList connections, Node node, DrainOptions options, PushOptions push, TimeProvider time, ILogger<Drain> logger)
{
    private const string Reason = "the node is draining";

    /// <summary>
    /// How long a client may take to prove what it has, so that less of it comes again elsewhere: up to a second until its heartbeat sends the ping, and one for
    /// the answer.
    /// </summary>
    private static readonly TimeSpan ProofPatience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly Lock gate = new();
    private readonly TimeSpan window = options.WindowOf(!node.IsAlone);
    private Task? running;

    /// <summary>
    /// Begins, if it has not begun, and completes when every client has left or has had the time to. Cancelling ends the waiting, not the draining.
    /// </summary>
    public Task DrainAsync(CancellationToken cancellationToken)
    {
        lock (gate)
        {
            if (running is null)
            {
                node.Drain();
                connections.Stop();
                running = Task.Run(RunAsync, CancellationToken.None);
            }

            return running.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Sends a client away: one that came in at the last moment, or for which there is no time left.</summary>
    public void TurnAway(Connection connection)
    {
        try
        {
            if (window > TimeSpan.Zero)
                connection.SendAway(Reason);
            else
                connection.Close(CloseCode.GoingAway, "the node is shutting down");
        }
        catch (Exception e)
        {
            // The others must not stay because of it.
            PushLog.Failed(logger, $"Sending {connection.UserId} away", e);
        }
    }

    /// <summary>Sends everybody away who is still here.</summary>
    public void TurnAllAway()
    {
        foreach (Connection connection in connections.ToArray())
            TurnAway(connection);
    }

    private async Task RunAsync()
    {
        PushLog.Draining(logger, connections.Count, window);
        if (window > TimeSpan.Zero)
            await SpreadAsync(connections.ToArray());
        TurnAllAway();

        // Clients that do not answer the close are cut by their heartbeat.
        long closed = time.GetTimestamp();
        while (connections.Count > 0 && time.GetElapsedTime(closed) < push.CloseTimeout)
            await Task.Delay(Interval, time);
        PushLog.Drained(logger, connections.Count);
    }

    private async Task SpreadAsync(Connection[] all)
    {
        long begun = time.GetTimestamp();
        var proving = new List<(Connection Connection, long Since)>();
        int next = 0;
        int sent = 0;
        while (true)
        {
            // The first at once, the last before the end. One that has left by itself gives its turn to the next.
            TimeSpan elapsed = time.GetElapsedTime(begun);
            int due = elapsed >= window ? all.Length : 1 + (int)(all.Length * (elapsed / window));
            for (; next < all.Length && sent < due; next++)
            {
                if (all[next].IsClosed)
                    continue;
                all[next].IsLeaving = true;
                proving.Add((all[next], time.GetTimestamp()));
                sent++;
            }

            proving.RemoveAll(leaving => TrySendAway(leaving.Connection, leaving.Since));
            if ((next == all.Length && proving.Count == 0) || connections.Count == 0)
                return;
            await Task.Delay(Interval, time);
        }
    }

    private bool TrySendAway(Connection connection, long since)
    {
        if (connection.IsUnproved && !connection.IsClosed && time.GetElapsedTime(since) < ProofPatience)
            return false;
        TurnAway(connection);
        return true;
    }
}
