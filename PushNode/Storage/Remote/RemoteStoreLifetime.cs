using Microsoft.Extensions.Hosting;
using PushNode.Storage.Cursors;

namespace PushNode.Storage.Remote;

/// <summary>
/// Keeps up with the store from before any service starts until every service, the web server included, has stopped; then it writes the cursors
/// that still wait.
/// </summary>
internal sealed class RemoteStoreLifetime(StoreLink link, CursorWriter writer) : IHostedLifecycleService, IDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private Task running = Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        running = Task.WhenAll(link.RunAsync(stopping.Token), writer.RunAsync(stopping.Token));
        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        await stopping.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await writer.EndAsync(cancellationToken);
    }

    public void Dispose() => stopping.Dispose();
}
