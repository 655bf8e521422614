using Microsoft.Extensions.Hosting;
using PushNode.Storage.Cursors;

namespace PushNode.Storage;

/// <summary>
/// Keeps up with a store that is not on this node from before any service starts until every service, the web server included, has stopped; then it writes the cursors
/// that still wait.
/// </summary>
internal sealed class StoreLifetime(IStoreConnection connection, CursorWriter writer) : IHostedLifecycleService, IDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private Task running = Task.CompletedTask;

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        await connection.OpenAsync(cancellationToken);
        running = Task.WhenAll(connection.RunAsync(stopping.Token), writer.RunAsync(stopping.Token));
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
        await connection.CloseAsync();
    }

    public void Dispose() => stopping.Dispose();
}
