using Microsoft.Extensions.Hosting;
using PushNode.Diagnostics;
using PushNode.Messages;
using PushNode.Peers;
using PushNode.Settings;
using PushNode.Storage;
using PushNode.Storage.Remote;

namespace PushNode.Cluster.Redis;

/// <summary>
/// The nodes of a cluster that store must store in the same place: else what one takes, the push nodes of the other would never see. A node with a store of its own, or with the way to
/// a database, compares before it serves anybody, and goes on comparing, as it may not have been able to then. Of two that differ for good the one that came later ends.
/// </summary>
internal sealed class StoreAgreement(
    IMessageStore store, RedisLink link, NodeDirectory nodes, RedisPeerDirectory directory, PeerClient client, Node node, FatalEnd end, RedisOptions options, TimeProvider time, ILogger<StoreAgreement> logger)
    : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <exception cref="SettingsException">Another node stores elsewhere.</exception>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // Redis is being reached at this moment.
        long asked = time.GetTimestamp();
        while (!link.IsReachable && time.GetElapsedTime(asked) < options.Timeout)
            await Task.Delay(Pause, time, cancellationToken);
        try
        {
            if (await FindOtherAsync(cancellationToken) is { } other)
                throw new SettingsException("Mongo:Connection", null, $"and Mongo:Database must be the same on all nodes of a cluster, or missing on all: the node {other.Address} stores elsewhere (its store has the epoch {other.Epoch}, this node's {store.Epoch})");
        }
        catch (Exception e) when (e is StoreUnavailableException or RedisAwayException)
        {
            logger.NotCompared(e is RedisAwayException ? $"Redis at {link.Address}: {e.Message}" : e.Message);
        }

        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.NodeLifetime, time);
        (string Address, string Epoch)? before = null;
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            (string Address, string Epoch)? found = null;
            try
            {
                found = await FindOtherAsync(stoppingToken);
                // Twice the same: an epoch that has just changed is not known to all at the same time.
                if (found is { } other && found == before && await HasComeLaterAsync(other.Address, stoppingToken))
                {
                    logger.StoresElsewhere(other.Address, other.Epoch, store.Epoch);
                    end.Stop();
                    return;
                }
            }
            catch (Exception e) when (e is StoreUnavailableException or RedisAwayException)
            {
                // Said by those whose it is; then there is nothing to compare.
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                logger.Failed("Comparing where the nodes store", e);
            }

            before = found;
        }
    }

    /// <summary>A node that stores in another place than this one; null when there is none that says so.</summary>
    /// <exception cref="StoreUnavailableException">This node's store does not answer.</exception>
    /// <exception cref="RedisAwayException">Redis is away.</exception>
    private async Task<(string Address, string Epoch)?> FindOtherAsync(CancellationToken cancellationToken)
    {
        string own = store.Epoch;
        if (!store.IsStoring)
            return null;
        await directory.ReadAsync(cancellationToken);
        Peer[] storing = [.. directory.Peers.Where(static p => p.Stores)];
        string?[] epochs = await Task.WhenAll(storing.Select(peer => AskAsync(peer, cancellationToken)));
        int index = Array.FindIndex(epochs, epoch => epoch is not null && epoch != own);
        return index < 0 ? null : (storing[index].Address, epochs[index]!);
    }

    // By what both have written down. Of two that came at the same time, one all the same.
    private async Task<bool> HasComeLaterAsync(string address, CancellationToken cancellationToken)
    {
        NodeRecord? other = NodeRecord.Parse(await nodes.ReadAsync(address, cancellationToken));
        NodeRecord? own = NodeRecord.Parse(await nodes.ReadAsync(node.Address, cancellationToken));
        return other is not null && own is not null
            && (own.Started, node.Address).CompareTo((other.Started, address)) > 0;
    }

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
