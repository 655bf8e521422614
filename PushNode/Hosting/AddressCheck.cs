using Microsoft.Extensions.Hosting;
using PushNode.Peers;
using PushNode.Settings;

namespace PushNode.Hosting;

/// <summary>
/// Before this node listens, nothing may answer at the address that it gives the others: it would take what is meant for this one. Once it listens it has to be this
/// one that answers there.
/// </summary>
internal sealed class AddressCheck(PeerClient peers, Node node, ILogger<AddressCheck> logger) : IHostedLifecycleService
{
    private Task asking = Task.CompletedTask;

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        try
        {
            await AskAsync(cancellationToken);
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

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        asking = FindSelfAsync();
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => asking.WaitAsync(cancellationToken);

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private Task<byte[]> AskAsync(CancellationToken cancellationToken) =>
        peers.CallAsync(new Peer(node.Address, "", Roles.None, "", 0, false, false), NodeService.Path, default, cancellationToken);

    // Said only: there are networks in which a node cannot reach itself by an address at which others can.
    private async Task FindSelfAsync()
    {
        try
        {
            if (NodeService.ReadIncarnation(await AskAsync(CancellationToken.None)) != node.Incarnation)
                HostingLog.AnotherAnswers(logger, node.Address);
        }
        catch (Exception e) when (e is PeerUnavailableException or MalformedPeerBodyException)
        {
            HostingLog.NotReached(logger, node.Address, e.Message);
        }
    }
}
