using StackExchange.Redis;

namespace PushNode.Cluster.Redis;

/// <summary>What Redis knows of who stores: the claim, which lapses, and who had it last, which it remembers for long.</summary>
/// <exception cref="RedisAwayException">Every member that calls Redis throws it while that is away.</exception>
internal sealed class SharedClaim(RedisLink link, RedisKeys keys, RedisOptions options)
{
    private static readonly TimeSpan Memory = TimeSpan.FromDays(30);

    /// <inheritdoc cref="RedisLink.IsReachable"/>
    public bool IsReachable => link.IsReachable;

    /// <inheritdoc cref="RedisLink.Generation"/>
    public long Generation => link.Generation;

    /// <summary>Where Redis is, for people.</summary>
    public string Place => link.Address;

    /// <summary>The claim there is.</summary>
    public Task<StoreClaimRecord?> FindAsync(CancellationToken cancellationToken) => ReadAsync(keys.Store, cancellationToken);

    /// <summary>The last claim there was.</summary>
    public Task<StoreClaimRecord?> FindLastAsync(CancellationToken cancellationToken) => ReadAsync(keys.Epoch, cancellationToken);

    /// <summary>Makes a claim, or makes it last; one of another address stands in its way, unless it is <paramref name="over"/>.</summary>
    /// <returns>Whether it is made.</returns>
    public Task<bool> MakeAsync(StoreClaimRecord claim, string? over, CancellationToken cancellationToken) =>
        link.CallAsync(
            async database =>
            {
                RedisValue[] arguments = [(long)options.NodeLifetime.TotalMilliseconds, claim.Address, claim.ToString(), over ?? claim.Address];
                return (bool)await RedisScripts.RunAsync(database, RedisScripts.Claim, [keys.Store], arguments);
            },
            cancellationToken);

    /// <summary>Has the claim remembered as the last one.</summary>
    public Task RememberAsync(StoreClaimRecord claim, CancellationToken cancellationToken) =>
        link.CallAsync(database => database.StringSetAsync(keys.Epoch, claim.ToString(), Memory, When.Always, CommandFlags.DemandMaster), cancellationToken);

    /// <summary>Takes the claim back, if it is this address's.</summary>
    public Task EndAsync(string address, CancellationToken cancellationToken) =>
        link.CallAsync(database => RedisScripts.RunAsync(database, RedisScripts.Unclaim, [keys.Store], [address]), cancellationToken);

    private async Task<StoreClaimRecord?> ReadAsync(RedisKey key, CancellationToken cancellationToken)
    {
        try
        {
            return StoreClaimRecord.Parse(await link.CallAsync(database => database.StringGetAsync(key, CommandFlags.DemandMaster), cancellationToken));
        }
        catch (RedisServerException e) when (e.Message.StartsWith("WRONGTYPE", StringComparison.Ordinal))
        {
            // Not a claim; it is overwritten.
            return null;
        }
    }
}
