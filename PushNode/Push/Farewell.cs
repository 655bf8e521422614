using Microsoft.Extensions.Hosting;

namespace PushNode.Push;

/// <summary>When the process stops, the node drains first.</summary>
internal sealed class Farewell(Drain drain) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Runs before the web server stops, which would cut what is still open.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        try
        {
            await drain.DrainAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // No time is left: the clients that are still here are cut with the web server, but may still hear why.
            drain.TurnAllAway();
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
