using Microsoft.Extensions.Hosting;
using PushNode.Cluster;
using PushNode.Peers;
using PushNode.Storage;

namespace PushNode.Push;

/// <summary>
/// Keeps this node's routes in the shared table: writes them again when they may have been lost, refreshes them before they lapse, and removes those that
/// lead here for nothing. A table that cannot be reached is left alone until it can.
/// </summary>
internal sealed class RouteKeeper(
    HeldChannels channels, IRouteTable routes, RouteRefresh refresh, HeadComparison comparison, IReconcile reconcile, Node node, TimeProvider time, ILogger<RouteKeeper> logger)
    : BackgroundService
{
    private const int StraysAtOnce = 128;
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan MinPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(30);

    private long settled = routes.Generation;
    private TimeSpan pause;
    private long failed;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // The table of a node alone is in its memory and loses nothing.
        if (node.IsAlone)
            return;
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await KeepAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                PushLog.Failed(logger, "Keeping the routes", e);
            }
        }
    }

    private async Task KeepAsync(CancellationToken cancellationToken)
    {
        if (!routes.IsReachable)
            return;
        await WriteMissingAsync(cancellationToken);
        await RefreshAsync(cancellationToken);
        await channels.RemoveStraysAsync(StraysAtOnce, cancellationToken);
    }

    // First the routes, then the comparison: what is stored once a route is there is brought, and what was stored before is in the heads.
    private async Task WriteMissingAsync(CancellationToken cancellationToken)
    {
        long generation = routes.Generation;
        bool isNew = generation != settled;
        if (!isNew && (!channels.HasUnwritten || time.GetElapsedTime(failed) < pause))
            return;
        int written = await channels.WriteMissingAsync(cancellationToken);
        if (isNew || written > 0)
            reconcile.Start();
        settled = generation;
        // A table that can be reached and takes some routes not (a key that is no route, a replica that may not be written) is not asked all the time.
        failed = time.GetTimestamp();
        pause = channels.HasUnwritten && routes.IsReachable ? Clamp(pause * 2) : TimeSpan.Zero;
    }

    private static TimeSpan Clamp(TimeSpan pause) => pause < MinPause ? MinPause : pause > MaxPause ? MaxPause : pause;

    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        List<ChannelFeed> due = refresh.Take();
        if (due.Count == 0)
            return;
        await channels.WriteAgainAsync(due, cancellationToken);
        try
        {
            await comparison.CompareWithStoreAsync(due, cancellationToken);
        }
        catch (StoreUnavailableException)
        {
            // Made up for as soon as the store answers.
            reconcile.Start();
        }
    }
}
