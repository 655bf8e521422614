using PushNode.Diagnostics;
using StackExchange.Redis;

namespace PushNode.Cluster.Redis;

/// <summary>The revocations of the last day, for every node to ask at once. What it cannot tell, the store does.</summary>
internal sealed class RedisRevocationCopy(RedisLink link, RedisKeys keys, TimeProvider time, ILogger<RedisRevocationCopy> logger) : IRevocationCopy
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(1);
    private static readonly TimeSpan ComplaintInterval = TimeSpan.FromMinutes(1);

    private readonly Occasional complaint = new(time, ComplaintInterval);

    public async ValueTask PutAsync(string userId, long before, CancellationToken cancellationToken)
    {
        RedisKey key = keys.Revoked(userId);
        try
        {
            await link.CallAsync(database => RedisScripts.RunAsync(database, RedisScripts.Raise, [key], [(long)Lifetime.TotalMilliseconds, before]), cancellationToken);
        }
        catch (Exception e) when (e is RedisAwayException or RedisServerException)
        {
            Complain(key, e);
        }
    }

    public async ValueTask<long> FindAsync(string userId, CancellationToken cancellationToken)
    {
        if (!link.IsReachable)
            return 0;
        RedisKey key = keys.Revoked(userId);
        try
        {
            RedisValue found = await link.CallAsync(database => database.StringGetAsync(key, CommandFlags.DemandMaster), cancellationToken);
            return found.TryParse(out long before) ? before : 0;
        }
        catch (Exception e) when (e is RedisAwayException or RedisServerException)
        {
            Complain(key, e);
            return 0;
        }
    }

    // That Redis is away has been said.
    private void Complain(RedisKey key, Exception failure)
    {
        if (failure is RedisServerException && complaint.IsDue())
            logger.KeyRefused("a revocation", key.ToString(), failure.Message);
    }
}
