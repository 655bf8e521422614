using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using PushNode.Cluster;
using PushNode.Messages;
using PushNode.Peers;

namespace PushNode.Push;

/// <summary>
/// The channels that this node holds, and their routes. A channel counts as held from before its route is written until after it is removed, so that no
/// delivery that follows a route finds it missing. One operation on a channel's route runs at a time: under its stripe.
/// </summary>
internal sealed class HeldChannels(IRouteTable routes, Node node, PushMetrics metrics, ILogger<HeldChannels> logger)
{
    /// <summary>Routes written at the same time, over one connection to the table.</summary>
    private const int MaxWrites = 256;

    /// <summary>Routes that lead here for nothing and wait to be removed; more are let go, the next message or their end of life settles them.</summary>
    private const int MaxStrays = 512;

    private const int Stripes = 1024;

    private readonly ConcurrentDictionary<string, ChannelFeed> feeds = [];
    private readonly ConcurrentDictionary<string, Channel> strays = [];
    private readonly SemaphoreSlim[] stripes = [.. Enumerable.Range(0, Stripes).Select(static _ => new SemaphoreSlim(1, 1))];
    private int strayCount;
    private int unwritten;

    /// <summary>The channels held now. Those that come or go meanwhile may be passed over.</summary>
    public IEnumerable<ChannelFeed> Feeds => feeds.Select(static pair => pair.Value);

    /// <summary>How many channels are held.</summary>
    public int Count => feeds.Count;

    public bool TryFind(Channel channel, [MaybeNullWhen(false)] out ChannelFeed feed) => feeds.TryGetValue(channel.Name, out feed);

    /// <summary>
    /// Holds a channel for one connection, and returns, with the number of its holders now, when its route is in the table, or when the table could not be
    /// reached: then <see cref="RouteKeeper"/> writes it later. The feed knows the subscription before the route is written, so that whoever follows
    /// the route finds the connection.
    /// </summary>
    public async ValueTask<(Subscription Subscription, int Holders)> HoldAsync(Channel channel, Connection connection, CancellationToken cancellationToken)
    {
        SemaphoreSlim stripe = StripeOf(channel);
        await stripe.WaitAsync(cancellationToken);
        try
        {
            ChannelFeed feed = feeds.GetOrAdd(channel.Name, static (_, of) => new ChannelFeed(of.Channel, of.Metrics), (Channel: channel, Metrics: metrics));
            var subscription = new Subscription(connection, feed);
            feed.Take(subscription);
            int holders = ++feed.Holders;
            if (feed.Routed != routes.Generation)
                await WriteAsync(feed);
            return (subscription, holders);
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
            // A feed that was forgotten may have a successor, whose route this is now.
            if (--feed.Holders > 0 || (TryFind(feed.Channel, out ChannelFeed? current) && current != feed))
                return;
            await RemoveRouteAsync(feed.Channel);
            feed.Routed = 0;
            feeds.TryRemove(KeyValuePair.Create(feed.Channel.Name, feed));
        }
        finally
        {
            stripe.Release();
        }
    }

    /// <summary>
    /// The store has begun a new life: every feed is given up with all that it knows of seqs. Whoever holds a channel from now on gets a new feed. The
    /// connections of the old ones get nothing any more and are to be closed by the caller, after this.
    /// </summary>
    public void ForgetAll()
    {
        foreach ((string name, ChannelFeed feed) in feeds)
        {
            if (feeds.TryRemove(KeyValuePair.Create(name, feed)))
                feed.Orphan();
        }
    }

    /// <summary>Whether there may be a channel whose route could not be written, or was lost while it was.</summary>
    public bool HasUnwritten => Volatile.Read(ref unwritten) != 0;

    /// <summary>Writes the routes that are not of this generation of the table, and returns how many; <see cref="HasUnwritten"/> tells whether some are left.</summary>
    public Task<int> WriteMissingAsync(CancellationToken cancellationToken)
    {
        // Before it begins: one that fails meanwhile counts again.
        Volatile.Write(ref unwritten, 0);
        return WriteAsync(Feeds.Where(f => f.Routed != routes.Generation), always: false, cancellationToken);
    }

    /// <summary>Writes the channels' routes again, whether they are there or not.</summary>
    public Task WriteAgainAsync(IEnumerable<ChannelFeed> channels, CancellationToken cancellationToken) => WriteAsync(channels, always: true, cancellationToken);

    /// <summary>
    /// A message came for a channel that is not held: if a route led it here, the route is to be removed. While a dispatcher cannot reach the table it sends
    /// every message to every node: so what waits is bounded, and each is one short operation at a time.
    /// </summary>
    public void NoteStray(Channel channel)
    {
        if (node.IsAlone || !routes.IsReachable || Volatile.Read(ref strayCount) >= MaxStrays || !strays.TryAdd(channel.Name, channel))
            return;
        Interlocked.Increment(ref strayCount);
    }

    /// <summary>Removes this node's routes to channels that it does not hold, up to <paramref name="most"/> of those noted.</summary>
    public Task RemoveStraysAsync(int most, CancellationToken cancellationToken) =>
        Parallel.ForEachAsync(strays.Take(most), Bounded(cancellationToken), (stray, _) => RemoveStrayAsync(stray.Value));

    private async ValueTask RemoveStrayAsync(Channel channel)
    {
        if (strays.TryRemove(channel.Name, out _))
            Interlocked.Decrement(ref strayCount);
        SemaphoreSlim stripe = StripeOf(channel);
        await stripe.WaitAsync();
        try
        {
            // It may have been taken hold of since: then the route is right.
            if (!feeds.ContainsKey(channel.Name) && routes.IsReachable)
                await RemoveRouteAsync(channel);
        }
        finally
        {
            stripe.Release();
        }
    }

    private async Task<int> WriteAsync(IEnumerable<ChannelFeed> channels, bool always, CancellationToken cancellationToken)
    {
        int written = 0;
        await Parallel.ForEachAsync(channels, Bounded(cancellationToken), async (feed, cancelled) =>
        {
            if (await WriteAsync(feed, always, cancelled))
                Interlocked.Increment(ref written);
        });
        return written;
    }

    // Whether it was written now.
    private async ValueTask<bool> WriteAsync(ChannelFeed feed, bool always, CancellationToken cancellationToken)
    {
        if (!routes.IsReachable)
        {
            Volatile.Write(ref unwritten, 1);
            return false;
        }

        SemaphoreSlim stripe = StripeOf(feed.Channel);
        await stripe.WaitAsync(cancellationToken);
        try
        {
            // Dropped since, it must not come back; written since, it need not.
            if (!TryFind(feed.Channel, out ChannelFeed? current) || current != feed || (!always && feed.Routed == routes.Generation))
                return false;
            await WriteAsync(feed);
            return feed.Routed != 0;
        }
        finally
        {
            stripe.Release();
        }
    }

    // Not given up when its client leaves: the table bounds it, and a write that nobody waits for could arrive after the removal that follows.
    private async ValueTask WriteAsync(ChannelFeed feed)
    {
        try
        {
            feed.Routed = await routes.AddAsync(feed.Channel, CancellationToken.None);
            // Not written; or written, and the table lost what it had before we noted it, so that nobody saw that this one is missing.
            if (feed.Routed != routes.Generation)
                Volatile.Write(ref unwritten, 1);
        }
        catch (Exception e)
        {
            // Without a route the channel gets its messages by reconciling.
            feed.Routed = 0;
            Volatile.Write(ref unwritten, 1);
            PushLog.Failed(logger, $"Writing the route of {feed.Channel}", e);
        }
    }

    private async ValueTask RemoveRouteAsync(Channel channel)
    {
        try
        {
            await routes.RemoveAsync(channel, CancellationToken.None);
        }
        catch (Exception e)
        {
            // The route outlives its channel until it expires; whoever follows it finds nothing and does no harm.
            PushLog.Failed(logger, $"Removing the route of {channel}", e);
        }
    }

    private SemaphoreSlim StripeOf(Channel channel) => stripes[(uint)channel.Name.GetHashCode() % Stripes];

    private static ParallelOptions Bounded(CancellationToken cancellationToken) => new() { MaxDegreeOfParallelism = MaxWrites, CancellationToken = cancellationToken };
}
