using Microsoft.Extensions.Hosting;
using PushNode.Cluster;

namespace PushNode.Dispatch.Remote;

/// <summary>
/// While this node could not reach the route table it sent by what it last knew of the others, and no hint of a head was raised. Others that could reach it know nothing of
/// that: when the table is back they are told to compare with the store.
/// </summary>
internal sealed class TableReturn(IRouteTable routes, PeerDeliveries deliveries, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    /// <summary>By then the directory has been read again: it names those that came meanwhile.</summary>
    private static readonly TimeSpan Later = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        (bool Reachable, long Generation) before = (false, 0);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            (bool Reachable, long Generation) now = (routes.IsReachable, routes.Generation);
            if (now.Reachable && now != before)
            {
                deliveries.OweAll();
                await Task.Delay(Later, time, stoppingToken);
                deliveries.OweAll();
            }

            before = now;
        }
    }
}
