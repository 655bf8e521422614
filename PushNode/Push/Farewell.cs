using Microsoft.Extensions.Hosting;

namespace PushNode.Push;

/// <summary>When the node stops, tells every client so, and waits for their answers as long as a close may take.</summary>
internal sealed class Farewell(ConnectionList connections, PushOptions options, TimeProvider time) : IHostedLifecycleService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Runs before the web server stops, which would cut what is still open.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        connections.Stop();
        Connection?[] all = new Connection?[connections.Count];
        int count = connections.Copy(0, all);
        foreach (Connection? connection in all.AsSpan(0, count))
            connection!.Close(CloseCode.GoingAway, "the node is shutting down");

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(options.CloseTimeout);
        try
        {
            while (connections.Count > 0)
                await Task.Delay(Interval, time, patience.Token);
        }
        catch (OperationCanceledException)
        {
            // Clients that do not answer are cut with the web server.
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
