using Microsoft.Extensions.Hosting;
using PushNode.Diagnostics;
using StackExchange.Redis;

namespace PushNode.Cluster.Redis;

/// <summary>
/// What is done for as long as the node runs: it reads who else is there and, once everything has started and it listens, writes itself down. So a node that could
/// not start was never there.
/// </summary>
internal sealed class RedisPulse(RedisLink link, Heartbeat heartbeat, RedisPeerDirectory directory, RedisKeys keys, RedisOptions options, TimeProvider time, ILogger<RedisPulse> logger)
    : BackgroundService, IHostedLifecycleService
{
    private static readonly TimeSpan LongestInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ComplaintInterval = TimeSpan.FromMinutes(1);

    private readonly Occasional complaint = new(time, ComplaintInterval);
    private readonly TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        link.UseProbe(heartbeat.ContactAsync);
        link.Start();
        await base.StartAsync(cancellationToken);
    }

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        heartbeat.Announce();
        started.TrySetResult();
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

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

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        TimeSpan interval = options.Heartbeat < LongestInterval ? options.Heartbeat : LongestInterval;
        while (!started.Task.IsCompleted)
        {
            await TryBeatAsync(stoppingToken);
            await Task.WhenAny(started.Task, Task.Delay(interval, time, stoppingToken));
            stoppingToken.ThrowIfCancellationRequested();
        }

        using var timer = new PeriodicTimer(interval, time);
        do
            await TryBeatAsync(stoppingToken);
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task TryBeatAsync(CancellationToken stoppingToken)
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

    private async Task BeatAsync(CancellationToken cancellationToken)
    {
        await heartbeat.BeatIfDueAsync(cancellationToken);
        bool wasFresh = heartbeat.IsFresh;
        bool isHere = await directory.ReadAsync(cancellationToken);
        if (!isHere && wasFresh && heartbeat.IsFresh)
            await heartbeat.RestoreAsync(cancellationToken);
    }
}
