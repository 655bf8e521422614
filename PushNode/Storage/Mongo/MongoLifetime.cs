using Microsoft.Extensions.Hosting;
using PushNode.Storage.Cursors;

namespace PushNode.Storage.Mongo;

/// <summary>
/// Opens the database before any service starts, or goes on trying; and closes it, after the cursors that wait are written, when every service, the web server included,
/// has stopped.
/// </summary>
internal sealed class MongoLifetime(MongoConnection connection, CursorWriter writer) : IHostedLifecycleService, IDisposable
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
        await connection.DisposeAsync();
    }

    public void Dispose() => stopping.Dispose();
}
