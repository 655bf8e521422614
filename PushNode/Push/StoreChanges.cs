using Microsoft.Extensions.Hosting;
using PushNode.Storage;

namespace PushNode.Push;

/// <summary>What this node's clients notice of a store on another node that was replaced or restarted.</summary>
internal sealed class StoreChanges(IStoreWatch watch, EpochChange epochs, IReconcile reconcile) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        watch.OnEpochChanged(() => epochs.Begin("it has another epoch"));
        watch.OnRestarted(reconcile.Start);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
