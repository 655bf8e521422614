using PushNode.Cluster;
using PushNode.Messages;
using PushNode.Peers;

namespace PushNode.Push;

/// <summary>Delivery into the channels that this node holds, and to their connections.</summary>
internal sealed class Hub(HeldChannels channels, Node node, Revocations revocations, GapFill gapFill, FlushQueue flushes) : IDelivery
{
    private FlushList? spareFlushList;

    /// <summary>How many connections the user has on this node.</summary>
    public int CountConnections(string userId) => channels.TryFind(Channel.User(userId), out ChannelFeed? feed) ? feed.Holders : 0;

    public ValueTask DeliverAsync(IReadOnlyList<Message> batch, CancellationToken cancellationToken)
    {
        if (!revocations.IsCurrent)
            return DeliverWhenCurrentAsync(batch);
        Deliver(batch);
        return ValueTask.CompletedTask;
    }

    public ValueTask<NodeAnswers<IReadOnlyList<ConnectionDetails>>> FindConnectionsAsync(string userId, CancellationToken cancellationToken) =>
        new(new NodeAnswers<IReadOnlyList<ConnectionDetails>>([.. ConnectionsOf(userId).Select(c => c.Describe(node.Incarnation))], []));

    public ValueTask<NodeAnswers<int>> DisconnectAsync(string userId, string? device, CancellationToken cancellationToken)
    {
        int closed = 0;
        foreach (Connection connection in ConnectionsOf(userId))
        {
            if (device is not null && connection.Device != device)
                continue;
            connection.Close(CloseCode.Normal, "disconnected by the application");
            closed++;
        }

        return new(new NodeAnswers<int>(closed, []));
    }

    public ValueTask<IReadOnlyList<string>> RevokeAsync(string userId, long before, CancellationToken cancellationToken)
    {
        revocations.Learn(userId, before);
        return new([]);
    }

    /// <summary>The user's connections on this node: also those that have taken hold of the user's channel and are still joining.</summary>
    public List<Connection> ConnectionsOf(string userId)
    {
        var connections = new List<Connection>();
        if (channels.TryFind(Channel.User(userId), out ChannelFeed? feed))
            feed.CopyConnections(connections);
        return connections;
    }

    // This node has stood still: what was brought then may be for a user whose token was revoked then.
    private async ValueTask DeliverWhenCurrentAsync(IReadOnlyList<Message> batch)
    {
        await revocations.CatchUpAsync();
        Deliver(batch);
    }

    private void Deliver(IReadOnlyList<Message> batch)
    {
        FlushList touched = Interlocked.Exchange(ref spareFlushList, null) ?? new FlushList(flushes);
        for (int i = 0; i < batch.Count; i++)
        {
            Message message = batch[i];
            if (channels.TryFind(message.Channel, out ChannelFeed? feed))
            {
                if (feed.Deliver(message, touched))
                    gapFill.Start(feed);
                continue;
            }

            message.Report?.Add(0);
            channels.NoteStray(message.Channel);
        }

        touched.Flush();
        spareFlushList = touched;
    }
}
