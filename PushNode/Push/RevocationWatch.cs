using Microsoft.Extensions.Hosting;
using PushNode.Cluster;
using PushNode.Peers;
using PushNode.Storage;

namespace PushNode.Push;

/// <summary>
/// Closes the connections whose token has just been revoked; joins check for themselves. In a cluster the store may be another node's: it is asked when this
/// node starts, joins wait for the answer, and again whenever this node may have missed being told.
/// </summary>
internal sealed class RevocationWatch(
    Revocations revocations, Hub hub, IRouteTable routes, Reconciler reconciler, Node node, PushOptions options, TimeProvider time, ILogger<RevocationWatch> logger)
    : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        revocations.OnRevoked(CloseRevoked);
        if (!node.IsAlone)
        {
            // By its new name it can be brought messages by whoever could not tell it what was revoked before.
            node.OnRenewing(revocations.Doubt);
            await revocations.KeepUpAsync();
        }

        await base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        node.IsAlone ? LoadAsync(stoppingToken) : Task.WhenAll(KeepLoadedAsync(stoppingToken), KeepUpAsync(stoppingToken));

    private async Task KeepUpAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            await revocations.KeepUpAsync().WaitAsync(stoppingToken);
    }

    private async Task KeepLoadedAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (true)
        {
            // Read before it loads: what happens meanwhile is a reason to load again.
            (long, long, long) missed = Missed();
            await LoadAsync(stoppingToken);
            long loaded = time.GetTimestamp();
            do
                await timer.WaitForNextTickAsync(stoppingToken);
            while (Missed() == missed && time.GetElapsedTime(loaded) < Freshness);
        }
    }

    // Out of the others' sight nobody tells this node anything.
    private TimeSpan Freshness => routes.IsReachable ? options.RouteRefresh : options.ReconcileInterval;

    // The copy may have been lost with the routes; and where messages were dropped on their way to this node, so was what it should have been told.
    private (long Generation, long Requests, long Doubts) Missed() => (routes.Generation, reconciler.Requests, revocations.Doubts);

    // The store may be away when this node starts.
    private async Task LoadAsync(CancellationToken stoppingToken)
    {
        while (!await TryLoadAsync(stoppingToken))
            await Task.Delay(Pause, time, stoppingToken);
    }

    private async Task<bool> TryLoadAsync(CancellationToken cancellationToken)
    {
        try
        {
            await revocations.LoadAsync(cancellationToken);
            return true;
        }
        catch (StoreUnavailableException e)
        {
            // No client waits for this, and that the store is away is said elsewhere.
            PushLog.StoreAwayToo(logger, "loading the revocations", e.Message);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            PushLog.Failed(logger, "Loading the revocations", e);
        }

        return false;
    }

    private void CloseRevoked(string userId)
    {
        foreach (Connection connection in hub.ConnectionsOf(userId))
        {
            if (revocations.IsRevoked(userId, connection.Identity.IssuedAt))
                connection.Close(CloseCode.Unauthorized, Revocations.Refusal);
        }
    }
}
