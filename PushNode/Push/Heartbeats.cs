using Microsoft.Extensions.Hosting;

namespace PushNode.Push;

/// <summary>One clock for all connections: once a second each does what is due. No connection has a timer of its own.</summary>
internal sealed class Heartbeats(ConnectionList connections, TimeProvider time, ILogger<Heartbeats> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Connection?[] chunk = new Connection?[1024];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            Beat();
    }

    // A connection that moves in the list while it is walked (another one has left) may be passed over: it has its turn a second later.
    private void Beat()
    {
        int count;
        for (int start = 0; (count = connections.Copy(start, chunk)) > 0; start += count)
        {
            foreach (Connection? connection in chunk.AsSpan(0, count))
            {
                try
                {
                    connection!.Beat();
                }
                catch (Exception e)
                {
                    PushLog.Failed(logger, $"The heartbeat of {connection!.UserId}", e);
                }
            }
        }

        Array.Clear(chunk);
    }
}
