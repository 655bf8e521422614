using PushNode.Cluster;
using PushNode.Messages;
using PushNode.Peers;
using PushNode.Storage;

namespace PushNode.Push;

/// <summary>
/// How a connection comes to its channels. The order is the proof that nothing is missed: (1) hold the channel, its route is in the table; (2) ask for
/// revocations, which from then on are told to every connection that holds its user's channel; (3) read cursors and heads; (4) read the store from the
/// cursor and (5) go live, both in <see cref="Replay"/>. A message stored before the reading is in it; one stored after it is looked up when the route is
/// there. While the route table cannot be reached there is no route, but dispatch sends to every node.
/// </summary>
internal sealed class Join(HeldChannels held, IMessageStore store, Revocations revocations, Node node, PushOptions options, TimeProvider time, ILogger<Join> logger)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Subscribes a new connection to its user's channel, to <c>all</c> and to the topics it asks for. It may end up closed.</summary>
    public async Task RunAsync(Connection connection, ConnectRequest request, CancellationToken cancellationToken)
    {
        var own = Channel.User(connection.UserId);
        Channel[] channels = [own, Channel.All, .. request.Topics.Keys.Select(Channel.Topic)];
        long?[] given = [request.After, request.All, .. request.Topics.Values];
        foreach (Channel channel in channels)
            await HoldAsync(connection, channel, cancellationToken);
        if (await IsRevokedAsync(connection, cancellationToken))
            return;

        (string epoch, long?[] cursors, long[] heads) = await ReadStoreAsync(connection, channels, cancellationToken);
        connection.Enqueue(ServerFrame.Welcome(
            connection.UserId, connection.Id, node.Incarnation, epoch, heads[0], (int)options.HeartbeatInterval.TotalSeconds));
        for (int i = 0; i < channels.Length; i++)
        {
            Subscription subscription = connection.Subscriptions[i];
            bool placed = Place(connection, subscription, epoch, heads[i], new StartingPoint(given[i], request.Epoch, cursors[i]));
            if (placed && request.IsResumed)
                connection.Acknowledge(subscription, subscription.Position);
        }

        if (cursors.AsSpan(1).Contains(null))
            await SaveCursorsAsync(connection, cancellationToken);
        foreach (Subscription subscription in connection.Subscriptions)
            subscription.Feed.Attach(subscription);
        // It may have been closed meanwhile.
        if (IsRefused(connection))
            return;
        connection.CatchUpHere();
        connection.Flush();
    }

    /// <summary>Subscribes an open connection to one topic more.</summary>
    public async Task SubscribeAsync(Connection connection, string topic, long? after, CancellationToken cancellationToken)
    {
        var channel = Channel.Topic(topic);
        Subscription subscription = await HoldAsync(connection, channel, cancellationToken);
        (string epoch, long?[] cursors, long[] heads) = await ReadStoreAsync(connection, [channel], cancellationToken);
        Place(connection, subscription, epoch, heads[0], new StartingPoint(after ?? connection.FindLeft(topic), epoch, cursors[0]));
        if (cursors[0] is null)
            await SaveCursorsAsync(connection, cancellationToken);
        subscription.Feed.Attach(subscription);
        connection.CatchUpHere();
        connection.Flush();
    }

    /// <summary>Ends one subscription of a connection.</summary>
    public async Task UnsubscribeAsync(Connection connection, Subscription subscription)
    {
        connection.Remove(subscription);
        subscription.Feed.Detach(subscription);
        await held.ReleaseAsync(subscription.Feed);
    }

    /// <summary>Ends all subscriptions of a connection that has ended.</summary>
    public async Task LeaveAsync(Connection connection)
    {
        foreach (Subscription subscription in connection.Subscriptions.ToArray())
            await UnsubscribeAsync(connection, subscription);
    }

    private async ValueTask<Subscription> HoldAsync(Connection connection, Channel channel, CancellationToken cancellationToken)
    {
        (Subscription subscription, int holders) = await held.HoldAsync(channel, connection, cancellationToken);
        connection.Add(subscription);
        // Admission has looked already; of many that came at the same time, the last ones find out here.
        if (channel.Kind == ChannelKind.User && holders > options.MaxConnectionsPerUser)
            connection.Close(CloseCode.TooManyConnections, $"this user has {options.MaxConnectionsPerUser} connections, the most allowed");
        return subscription;
    }

    // Where a device starts is kept before it is told that it is live: what is sent from then on is owed to it, whatever dies.
    private async Task SaveCursorsAsync(Connection connection, CancellationToken cancellationToken)
    {
        try
        {
            await store.SaveCursorsAsync(cancellationToken);
        }
        catch (StoreUnavailableException e)
        {
            // It stays in memory and is written as soon as the store can.
            PushLog.StoreAway(logger, $"a first cursor of {connection.UserId}", e.Message);
        }
    }

    // A revocation is put into the copy before the nodes are told. So either it is in the copy by now, or this node is yet to be told, and finds the
    // connection by the channel it holds. What the store keeps has to be known before: that may take as long as the store does.
    private async ValueTask<bool> IsRevokedAsync(Connection connection, CancellationToken cancellationToken)
    {
        while (!revocations.Loaded.IsCompleted && !connection.IsClosed)
            await Task.WhenAny(revocations.Loaded, Task.Delay(Pause, time, cancellationToken));
        cancellationToken.ThrowIfCancellationRequested();
        await revocations.AskAsync(connection.UserId, cancellationToken);
        return IsRefused(connection);
    }

    private bool IsRefused(Connection connection)
    {
        if (revocations.IsRevoked(connection.UserId, connection.Identity.IssuedAt))
            connection.Close(CloseCode.Unauthorized, Revocations.Refusal);
        return connection.IsClosed;
    }

    // While the store is away a join waits for it: the client is connected and will get everything, only later.
    private async Task<(string Epoch, long?[] Cursors, long[] Heads)> ReadStoreAsync(Connection connection, Channel[] channels, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                string epoch = store.Epoch;
                long?[] cursors = await store.ReadCursorsAsync(connection.UserId, connection.Device, channels, cancellationToken);
                long[] heads = await store.ReadHeadsAsync(channels, cancellationToken);
                // In between two lives of the store these could be of either.
                if (epoch == store.Epoch)
                    return (epoch, cursors, heads);
            }
            catch (StoreUnavailableException e)
            {
                if (connection.IsClosed)
                    throw new OperationCanceledException("the client has left", e);
                PushLog.StoreAway(logger, $"a join of {connection.UserId}", e.Message);
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }

    // Puts a subscription where its replay starts; false when that is the beginning, because the cursor asked for means nothing here.
    private bool Place(Connection connection, Subscription subscription, string epoch, long head, in StartingPoint start)
    {
        subscription.Epoch = epoch;
        Channel channel = subscription.Channel;
        if (channel.Kind == ChannelKind.Topic)
            connection.Enqueue(ServerFrame.Subscribed(channel.Subject.ToString(), head));
        if (start.NeedsReset(head, epoch))
        {
            // A cursor of another life of the store says nothing about this one: the client gets everything that is kept.
            connection.Enqueue(ServerFrame.Reset(channel, epoch));
            return false;
        }

        if (subscription.Feed.IsOrphaned)
            return false;
        subscription.Position = start.Position(channel.Kind, head);
        subscription.Acknowledged = start.Acknowledged(head);
        // A topic's first subscription of a device starts at the head: kept as its cursor, so that what comes while it is away is not lost on it.
        if (start.Stored is null && channel.Kind != ChannelKind.User)
        {
            subscription.Acknowledged = subscription.Position;
            store.MoveCursor(connection.UserId, connection.Device, channel, subscription.Position, epoch);
        }

        return true;
    }
}
