using PushNode.Cluster;
using PushNode.Messages;
using PushNode.Storage;

namespace PushNode.Push;

/// <summary>Compares channels with their heads, and starts filling those that have missed something.</summary>
internal sealed class HeadComparison(HeldChannels channels, IHeads hints, IMessageStore store, GapFill gapFill, EpochChange epochs, ILogger<HeadComparison> logger)
{
    /// <summary>Channels whose heads are asked for at a time: what the hints take in one command.</summary>
    private const int ChunkSize = 500;

    /// <summary>Compares everything held with the hints, or with the store's own heads.</summary>
    /// <exception cref="StoreUnavailableException">The store does not answer.</exception>
    public async Task CompareAllAsync(bool withStore, CancellationToken cancellationToken)
    {
        foreach (ChannelFeed[] chunk in channels.Feeds.Chunk(ChunkSize))
        {
            List<ChannelFeed> missing = withStore || await CompareWithHintsAsync(chunk, cancellationToken) is not { } found
                ? await CompareWithStoreAsync(chunk, cancellationToken)
                : found;
            // No dispatch brought what they miss: their route may have got lost.
            if (missing.Count > 0)
                await channels.WriteAgainAsync(missing, cancellationToken);
        }
    }

    /// <summary>Compares some channels with the store's own heads and fills at once whatever is missing; returns those in which something is.</summary>
    /// <exception cref="StoreUnavailableException">The store does not answer.</exception>
    public async Task<List<ChannelFeed>> CompareWithStoreAsync(IReadOnlyList<ChannelFeed> feeds, CancellationToken cancellationToken)
    {
        // Before the heads are asked for: what was delivered by then the store has, if it is still the one it was.
        long[] delivered = [.. feeds.Select(static f => f.Delivered)];
        long[] heads = await store.ReadHeadsAsync(ChannelsOf(feeds), cancellationToken);
        var missing = new List<ChannelFeed>();
        for (int i = 0; i < heads.Length; i++)
        {
            if (heads[i] < delivered[i] && !feeds[i].IsOrphaned)
            {
                epochs.Begin($"{feeds[i].Channel} ended at {delivered[i]} and now ends at {heads[i]}");
                return [];
            }

            if (feeds[i].CatchUpTo(heads[i]))
                Fill(feeds[i], missing);
        }

        return missing;
    }

    // Null when there are no hints to be had.
    private async Task<List<ChannelFeed>?> CompareWithHintsAsync(ChannelFeed[] feeds, CancellationToken cancellationToken)
    {
        long[] found;
        try
        {
            found = await hints.ReadAsync(ChannelsOf(feeds), cancellationToken);
        }
        catch (Exception e) when (e is not (StoreUnavailableException or OperationCanceledException))
        {
            PushLog.Failed(logger, "Reading the hints of heads", e);
            return null;
        }

        var missing = new List<ChannelFeed>();
        for (int i = 0; i < found.Length; i++)
        {
            if (feeds[i].Reconcile(found[i]))
                Fill(feeds[i], missing);
        }

        return missing;
    }

    private void Fill(ChannelFeed feed, List<ChannelFeed> missing)
    {
        gapFill.Start(feed);
        missing.Add(feed);
    }

    private static Channel[] ChannelsOf(IReadOnlyList<ChannelFeed> feeds) => [.. feeds.Select(static f => f.Channel)];
}
