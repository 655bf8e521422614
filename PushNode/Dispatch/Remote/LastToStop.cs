using Microsoft.Extensions.Hosting;

namespace PushNode.Dispatch.Remote;

/// <summary>What has messages to bring when the node stops, after everything that could give it more has stopped.</summary>
internal abstract class LastToStop : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Brings what waits, as long as the token lets it.</summary>
    public abstract Task StoppedAsync(CancellationToken cancellationToken);
}
