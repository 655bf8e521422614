using PushNode.Peers;
using PushNode.Settings;
using PushNode.Storage.Remote;

namespace PushNode.Cluster.Redis;

/// <summary>Finds out whether another node whose claim is found lives, and stores: a claim alone may be of one that is dead, or never was.</summary>
internal sealed class StoreRival(NodeDirectory nodes, PeerClient client)
{
    /// <summary>Whether the run that has claimed lives: it may not store yet, nor have told that it does.</summary>
    /// <exception cref="RedisAwayException">Redis is away.</exception>
    public async Task<bool> HasClaimedAsync(StoreClaimRecord claim, CancellationToken cancellationToken) =>
        await FindAsync(claim, cancellationToken) is { } record && record.Incarnation == claim.Incarnation;

    /// <summary>Whether its heartbeat says that it stores, or it answers for the store. Bounded in time.</summary>
    /// <exception cref="RedisAwayException">Redis is away.</exception>
    public async Task<bool> IsStoringAsync(StoreClaimRecord claim, CancellationToken cancellationToken)
    {
        if (await FindAsync(claim, cancellationToken) is { Stores: true })
            return true;
        try
        {
            await client.CallAsync(new Peer(claim.Address, "", Roles.Collect, "", 0, Stores: true, IsDraining: false), StoreProtocol.Status, default, cancellationToken);
            return true;
        }
        catch (Exception e) when (e is PeerUnavailableException or UriFormatException)
        {
            return false;
        }
    }

    private async Task<NodeRecord?> FindAsync(StoreClaimRecord claim, CancellationToken cancellationToken) =>
        NodeRecord.Parse(await nodes.ReadAsync(claim.Address, cancellationToken));
}
