using Microsoft.Extensions.Hosting;
using PushNode.Diagnostics;
using StackExchange.Redis;

namespace PushNode.Cluster.Redis;

/// <summary>What is done for as long as the node runs: it writes itself down, and reads who else has.</summary>
internal sealed class RedisPulse(RedisLink link, Heartbeat heartbeat, RedisPeerDirectory directory, RedisKeys keys, RedisOptions options, TimeProvider time, ILogger<RedisPulse> logger)
    : BackgroundService
{
    private static readonly TimeSpan LongestInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ComplaintInterval = TimeSpan.FromMinutes(1);

    private readonly Occasional complaint = new(time, ComplaintInterval);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        link.UseProbe(heartbeat.ContactAsync);
        link.Start();
        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        try
        {
            await heartbeat.EndAsync(cancellationToken);
        }
        catch (Exception e) when (e is RedisAwayException or OperationCanceledException)
        {
            // What is left there lapses.
        }
        catch (Exception e)
        {
            logger.Failed("Taking this node out of Redis", e);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        TimeSpan interval = options.Heartbeat < LongestInterval ? options.Heartbeat : LongestInterval;
        using var timer = new PeriodicTimer(interval, time);
        do
        {
            try
            {
                if (link.IsReachable)
                    await BeatAsync(stoppingToken);
            }
            catch (RedisAwayException)
            {
                // The link says so, and brings it back.
            }
            catch (RedisServerException e)
            {
                if (complaint.IsDue())
                    logger.KeyRefused("this node, or the others", $"{keys.Nodes}", e.Message);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                logger.Failed("Writing this node down in Redis, or reading the others", e);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task BeatAsync(CancellationToken cancellationToken)
    {
        await heartbeat.BeatIfDueAsync(cancellationToken);
        bool wasFresh = heartbeat.IsFresh;
        bool isHere = await directory.ReadAsync(cancellationToken);
        if (!isHere && wasFresh && heartbeat.IsFresh)
            await heartbeat.RestoreAsync(cancellationToken);
    }
}
