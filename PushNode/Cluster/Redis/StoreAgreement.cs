using Microsoft.Extensions.Hosting;
using PushNode.Messages;
using PushNode.Peers;
using PushNode.Settings;
using PushNode.Storage;
using PushNode.Storage.Remote;

namespace PushNode.Cluster.Redis;

/// <summary>
/// Before a node with a store of its own, or with the way to a database, serves anybody: the other nodes of the cluster that store must store in the same one. Else what one
/// takes, the push nodes of the other would never see.
/// </summary>
internal sealed class StoreAgreement(IMessageStore store, RedisPeerDirectory directory, PeerClient client, ILogger<StoreAgreement> logger) : IHostedService
{
    /// <exception cref="SettingsException">Another node stores elsewhere.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        string own;
        Peer[] storing;
        try
        {
            own = store.Epoch;
            await directory.ReadAsync(cancellationToken);
            storing = [.. directory.Peers.Where(static p => p.Stores)];
        }
        catch (Exception e) when (e is StoreUnavailableException or RedisAwayException)
        {
            logger.NotCompared(e.Message);
            return;
        }

        string?[] epochs = await Task.WhenAll(storing.Select(peer => AskAsync(peer, cancellationToken)));
        for (int i = 0; i < storing.Length; i++)
        {
            if (epochs[i] is { } other && other != own)
                throw new SettingsException("Mongo:Connection", null, $"and Mongo:Database must be the same on all nodes of a cluster, or missing on all: the node {storing[i].Address} stores elsewhere (its store has the epoch {other}, this node's {own})");
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Null when it does not say.</summary>
    private async Task<string?> AskAsync(Peer peer, CancellationToken cancellationToken)
    {
        try
        {
            var answer = new PeerReader(await client.CallAsync(peer with { Incarnation = "" }, StoreProtocol.Status, default, cancellationToken));
            string epoch = answer.Text();
            return Names.IsWord(epoch) ? epoch : null;
        }
        catch (Exception e) when (e is PeerUnavailableException or MalformedPeerBodyException)
        {
            return null;
        }
    }
}
