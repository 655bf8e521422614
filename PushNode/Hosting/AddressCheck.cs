using Microsoft.Extensions.Hosting;
using PushNode.Peers;
using PushNode.Settings;

namespace PushNode.Hosting;

/// <summary>Before this node listens, nothing may answer at the address that it gives the others: it would take what is meant for this one.</summary>
internal sealed class AddressCheck(PeerClient peers, Node node) : IHostedLifecycleService
{
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        try
        {
            await peers.CallAsync(new Peer(node.Address, "", Roles.None, "", 0, false, false), NodeService.Path, default, cancellationToken);
        }
        catch (PeerUnavailableException e) when (!e.IsAnswer)
        {
            return;
        }
        catch (PeerUnavailableException)
        {
            // Something does answer, though it does not know us.
        }

        throw new SettingsException("Cluster:Advertise", node.Address, "another program answers at this address already: each node needs an address of its own");
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
