using Microsoft.Extensions.Hosting;
using PushNode.Cluster;
using PushNode.Messages;
using PushNode.Storage;

namespace PushNode.Push;

/// <summary>
/// The safety net for every failure between store and socket: compares the heads of all held channels with what was delivered and fills what is
/// behind.
/// </summary>
internal sealed class Reconciler(Hub hub, IHeads heads, GapFill gapFill, PushOptions options, TimeProvider time, ILogger<Reconciler> logger) : BackgroundService
{
    private const int ChunkSize = 512;

    private readonly List<ChannelFeed> feeds = new(ChunkSize);
    private readonly List<Channel> channels = new(ChunkSize);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.ReconcileInterval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await ReconcileAsync(stoppingToken);
            }
            catch (StoreUnavailableException e)
            {
                PushLog.StoreAway(logger, "reconciling", e.Message);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                PushLog.Failed(logger, "Reconciling", e);
            }
        }
    }

    private async Task ReconcileAsync(CancellationToken cancellationToken)
    {
        foreach (ChannelFeed feed in hub.Feeds)
        {
            feeds.Add(feed);
            if (feeds.Count == ChunkSize)
                await ReconcileChunkAsync(cancellationToken);
        }

        if (feeds.Count > 0)
            await ReconcileChunkAsync(cancellationToken);
    }

    private async Task ReconcileChunkAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (ChannelFeed feed in feeds)
                channels.Add(feed.Channel);
            long[] found = await heads.ReadAsync(channels, cancellationToken);
            for (int i = 0; i < found.Length; i++)
            {
                if (feeds[i].Reconcile(found[i]))
                    gapFill.Start(feeds[i]);
            }
        }
        finally
        {
            feeds.Clear();
            channels.Clear();
        }
    }
}
