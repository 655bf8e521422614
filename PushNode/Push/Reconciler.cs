using Microsoft.Extensions.Hosting;
using PushNode.Cluster;
using PushNode.Storage;

namespace PushNode.Push;

/// <summary>
/// The safety net for every failure between store and socket: compares the heads of all held channels with what was delivered and fills what is
/// behind. Every few seconds by the hints, which may be late: what is behind twice has missed something. By the store's own heads, filling at once, while the
/// route table cannot be reached, and when somebody knows that messages may have been missed.
/// </summary>
internal sealed class Reconciler(HeadComparison comparison, IRouteTable routes, PushOptions options, TimeProvider time, ILogger<Reconciler> logger)
    : BackgroundService, IReconcile
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim wanted = new(0);
    private int isWanted;
    private long requests;

    /// <summary>How often <see cref="Start"/> was called: each time something may have been missed.</summary>
    public long Requests => Volatile.Read(ref requests);

    /// <inheritdoc/>
    public void Start()
    {
        Interlocked.Increment(ref requests);
        if (Interlocked.Exchange(ref isWanted, 1) == 0)
            wanted.Release();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(TickAsync(stoppingToken), AnswerRequestsAsync(stoppingToken));

    private async Task TickAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(options.ReconcileInterval, time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
            await TryCompareAsync(withStore: !routes.IsReachable, cancellationToken);
    }

    private async Task AnswerRequestsAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await wanted.WaitAsync(cancellationToken);
            // Before it begins: whoever asks while it is under way may mean channels that it has passed.
            Volatile.Write(ref isWanted, 0);
            while (!await TryCompareAsync(withStore: true, cancellationToken))
                await Task.Delay(Pause, time, cancellationToken);
        }
    }

    private async Task<bool> TryCompareAsync(bool withStore, CancellationToken cancellationToken)
    {
        try
        {
            await comparison.CompareAllAsync(withStore, cancellationToken);
            return true;
        }
        catch (StoreUnavailableException e)
        {
            // No client waits for this, and that the store is away is said elsewhere.
            PushLog.StoreAwayToo(logger, "reconciling", e.Message);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            PushLog.Failed(logger, "Reconciling", e);
        }

        return false;
    }
}
