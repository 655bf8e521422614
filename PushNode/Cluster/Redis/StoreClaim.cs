using Microsoft.Extensions.Hosting;
using PushNode.Diagnostics;
using PushNode.Peers;
using PushNode.Settings;
using PushNode.Storage;
using StackExchange.Redis;

namespace PushNode.Cluster.Redis;

/// <summary>
/// The claim that this node stores the cluster's messages, and no other. It is made before anything is served, goes with the heartbeat, and lapses when the
/// node has died.
/// </summary>
internal sealed class StoreClaim(RedisLink link, RedisKeys keys, RedisOptions options, NodeFacts facts, Node node, IMessageStore store, FatalEnd end, TimeProvider time, ILogger<StoreClaim> logger)
    : IHostedService
{
    private static readonly TimeSpan RedisPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan EpochLifetime = TimeSpan.FromDays(30);

    private volatile bool isHeld;
    private volatile bool isStopping;
    private bool isStarting = true;
    private bool comparedEpoch;

    /// <summary>Whether this node has the claim, as far as it knows.</summary>
    public bool IsHeld => isHeld;

    public Task StartAsync(CancellationToken cancellationToken) => ClaimAsync(cancellationToken);

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        isStopping = true;
        if (!isHeld)
            return;
        isHeld = false;
        try
        {
            await link.CallAsync(database => RedisScripts.RunAsync(database, RedisScripts.Unclaim, [keys.Store], [node.Address]), cancellationToken);
        }
        catch (Exception e) when (e is RedisAwayException or RedisServerException or OperationCanceledException)
        {
            // It lapses.
        }
    }

    /// <summary>Makes the claim; one of a node that may have died a moment ago is given time to lapse. Without Redis it is made as soon as that is back.</summary>
    /// <exception cref="SettingsException">Another node stores.</exception>
    public async Task ClaimAsync(CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        TimeSpan patience = options.NodeLifetime + Slack;
        string? holder = null;
        long? freeSince = null;
        while (true)
        {
            if (!link.IsReachable)
            {
                freeSince = null;
            }
            else if (holder is not null && !(freeSince is { } since && time.GetElapsedTime(since) >= options.NodeLifetime))
            {
                // A claim that is gone may have gone with all that Redis held: its holder has the time of a heartbeat to make it again.
                freeSince = await IsFreeAsync(cancellationToken) ? freeSince ?? time.GetTimestamp() : null;
            }
            else
            {
                freeSince = null;
                string? found = await TryAsync(cancellationToken);
                if (isHeld)
                    break;
                if (found is not null && holder is null)
                {
                    start = time.GetTimestamp();
                    logger.WaitingForClaim(found, patience.TotalSeconds);
                }

                holder = found ?? holder;
            }

            if (freeSince is null && time.GetElapsedTime(start) > (holder is null ? RedisPatience : patience))
                break;
            await Task.Delay(Interval, time, cancellationToken);
        }

        isStarting = false;
        if (isHeld)
            return;
        if (holder is not null)
            throw new SettingsException(RoleNames.Key, RoleNames.ToText(facts.Roles), $"the node {holder} stores the messages of this cluster already, and only one may: run collect on one node only, or stop that one first");
        logger.ClaimLater();
    }

    /// <summary>Makes the claim last, or makes it if that could not be done before. Ends the node when another has it.</summary>
    /// <exception cref="RedisAwayException">Redis is away.</exception>
    public async Task RefreshAsync(CancellationToken cancellationToken)
    {
        if (!isStarting && !isStopping)
            await link.CallAsync(TakeAsync, cancellationToken);
    }

    /// <summary>The same at the first contact after Redis was away.</summary>
    public async Task RefreshAsync(IDatabase database, CancellationToken cancellationToken)
    {
        if (!isStarting && !isStopping)
            await link.BoundAsync(TakeAsync(database), cancellationToken);
    }

    private async Task<bool> IsFreeAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await link.CallAsync(async database => (await database.StringGetAsync(keys.Store, CommandFlags.DemandMaster)).IsNull, cancellationToken);
        }
        catch (RedisAwayException)
        {
            return false;
        }
    }

    private async Task<string?> TryAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await link.CallAsync(TakeAsync, cancellationToken);
        }
        catch (RedisAwayException)
        {
            return null;
        }
    }

    /// <summary>Null when the claim is this node's, else the address that has it.</summary>
    private async Task<string?> TakeAsync(IDatabase database)
    {
        var own = new StoreClaimRecord(node.Address, node.Incarnation, store.Epoch);
        RedisResult answer = await RedisScripts.RunAsync(database, RedisScripts.Claim, [keys.Store], [(long)options.NodeLifetime.TotalMilliseconds, node.Address, own.ToString()]);
        StoreClaimRecord? there = answer.IsNull ? null : StoreClaimRecord.Parse((string?)answer);
        if (there is not null && there.Address != node.Address)
        {
            if (!isStarting)
                GiveUp(there.Address);
            isHeld = false;
            return there.Address;
        }

        isHeld = true;
        await NoteEpochAsync(database, own.Epoch, there?.Epoch);
        return null;
    }

    private async Task NoteEpochAsync(IDatabase database, string epoch, string? claimed)
    {
        string? former = claimed;
        if (!comparedEpoch)
        {
            comparedEpoch = true;
            former ??= await database.StringGetAsync(keys.Epoch, CommandFlags.DemandMaster);
            if (former is not null && former != epoch)
                logger.OtherEpoch(former, epoch);
        }

        await database.StringSetAsync(keys.Epoch, epoch, EpochLifetime, When.Always, CommandFlags.DemandMaster);
    }

    private void GiveUp(string holder)
    {
        logger.ClaimLost(holder);
        end.Stop();
    }
}
