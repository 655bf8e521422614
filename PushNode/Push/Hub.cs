using System.Collections.Concurrent;
using PushNode.Cluster;
using PushNode.Messages;
using PushNode.Peers;

namespace PushNode.Push;

/// <summary>The channels that this node holds, and the delivery into them.</summary>
internal sealed class Hub(IRouteTable routes, Node node, Revocations revocations, GapFill gapFill, ILogger<Hub> logger) : IDelivery
{
    private const int Stripes = 1024;

    private readonly ConcurrentDictionary<string, ChannelFeed> feeds = [];
    private readonly SemaphoreSlim[] stripes = [.. Enumerable.Range(0, Stripes).Select(static _ => new SemaphoreSlim(1, 1))];
    private FlushList? spareFlushList;

    /// <summary>The channels held now.</summary>
    public IEnumerable<ChannelFeed> Feeds => feeds.Select(static pair => pair.Value);

    /// <summary>
    /// Holds a channel for one subscription, and returns, with the number of its holders now, when its route is in the table. The channel counts as held from before its route is written, so that no
    /// delivery finds it missing. One operation on a channel's route runs at a time.
    /// </summary>
    public async ValueTask<(ChannelFeed Feed, int Holders)> HoldAsync(Channel channel, CancellationToken cancellationToken)
    {
        SemaphoreSlim stripe = StripeOf(channel);
        await stripe.WaitAsync(cancellationToken);
        try
        {
            ChannelFeed feed = feeds.GetOrAdd(channel.Name, static (_, channel) => new ChannelFeed(channel), channel);
            int holders = ++feed.Holders;
            if (feed.Routed != routes.Generation)
                await AddRouteAsync(feed, cancellationToken);
            return (feed, holders);
        }
        finally
        {
            stripe.Release();
        }
    }

    /// <summary>Takes one hold back; the last one takes the route away too.</summary>
    public async ValueTask ReleaseAsync(ChannelFeed feed)
    {
        SemaphoreSlim stripe = StripeOf(feed.Channel);
        await stripe.WaitAsync();
        try
        {
            if (--feed.Holders == 0)
                await DropAsync(feed);
        }
        finally
        {
            stripe.Release();
        }
    }

    /// <summary>How many connections the user has on this node.</summary>
    public int CountConnections(string userId) => feeds.TryGetValue(Channel.User(userId).Name, out ChannelFeed? feed) ? feed.Holders : 0;

    public ValueTask DeliverAsync(IReadOnlyList<Message> batch, CancellationToken cancellationToken)
    {
        FlushList touched = Interlocked.Exchange(ref spareFlushList, null) ?? new FlushList();
        for (int i = 0; i < batch.Count; i++)
        {
            Message message = batch[i];
            if (!feeds.TryGetValue(message.Channel.Name, out ChannelFeed? feed))
                message.Report?.Add(0);
            else if (feed.Deliver(message, touched))
                gapFill.Start(feed);
        }

        touched.Flush();
        spareFlushList = touched;
        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<ConnectionDetails>> FindConnectionsAsync(string userId, CancellationToken cancellationToken) =>
        new([.. ConnectionsOf(userId).Select(c => c.Describe(node.Incarnation))]);

    public ValueTask<int> DisconnectAsync(string userId, string? device, CancellationToken cancellationToken)
    {
        int closed = 0;
        foreach (Connection connection in ConnectionsOf(userId))
        {
            if (device is not null && connection.Device != device)
                continue;
            connection.Close(CloseCode.Normal, "disconnected by the application");
            closed++;
        }

        return new(closed);
    }

    public ValueTask RevokeAsync(string userId, long before, CancellationToken cancellationToken)
    {
        revocations.Learn(userId, before);
        return ValueTask.CompletedTask;
    }

    /// <summary>The user's connections on this node.</summary>
    public List<Connection> ConnectionsOf(string userId)
    {
        var connections = new List<Connection>();
        if (feeds.TryGetValue(Channel.User(userId).Name, out ChannelFeed? feed))
            feed.CopyConnections(connections);
        return connections;
    }

    private async ValueTask AddRouteAsync(ChannelFeed feed, CancellationToken cancellationToken)
    {
        try
        {
            feed.Routed = await routes.AddAsync(feed.Channel, cancellationToken);
        }
        catch
        {
            if (--feed.Holders == 0)
                await DropAsync(feed);
            throw;
        }
    }

    private async ValueTask DropAsync(ChannelFeed feed)
    {
        try
        {
            await routes.RemoveAsync(feed.Channel, CancellationToken.None);
        }
        catch (Exception e)
        {
            // The route outlives its channel until it expires; whoever follows it finds nothing and does no harm.
            PushLog.Failed(logger, $"Removing the route of {feed.Channel}", e);
        }

        feed.Routed = 0;
        feeds.TryRemove(feed.Channel.Name, out _);
    }

    private SemaphoreSlim StripeOf(Channel channel) => stripes[(uint)channel.Name.GetHashCode() % Stripes];
}
