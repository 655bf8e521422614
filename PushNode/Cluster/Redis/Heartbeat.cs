using PushNode.Diagnostics;
using PushNode.Peers;
using PushNode.Settings;
using StackExchange.Redis;

namespace PushNode.Cluster.Redis;

/// <summary>
/// Writes this node down in Redis, again and again. A node whose own writing has lapsed has been given up by the others: it goes on as a new incarnation from
/// the first contact on, and writes its routes again.
/// </summary>
internal sealed class Heartbeat(RedisLink link, RedisKeys keys, RedisOptions options, NodeFacts facts, Node node, TimeProvider time, ILogger<Heartbeat> logger) : IReadinessCheck
{
    private const int RememberedIncarnations = 16;

    private readonly long started = time.GetUtcNow().ToUnixTimeMilliseconds();
    private static readonly TimeSpan NodesLifetime = TimeSpan.FromHours(1);

    private readonly Lock gate = new();
    private readonly Queue<string> own = [];
    private long last;
    private volatile bool isAnnounced;
    private bool lastDraining;
    private bool lastStoring;
    private string? other;
    private long otherSeen;

    public string Name => "address";

    public string? Reason => other is not null ? $"another node has the address {node.Address} too"
        : last == 0 && link.IsReachable ? "the other nodes have not been told of this one yet"
        : null;

    /// <summary>Whether what this node has written of itself must still be there.</summary>
    public bool IsFresh => last != 0 && time.GetElapsedTime(last) < options.NodeLifetime * 0.9;

    private bool IsLapsed => last != 0 && time.GetElapsedTime(last) > options.NodeLifetime;

    private bool IsDue => isAnnounced && (last == 0 || time.GetElapsedTime(last) >= options.Heartbeat || node.IsDraining != lastDraining || facts.IsStoring() != lastStoring);

    /// <summary>This node listens: from now on the others may be told of it.</summary>
    public void Announce() => isAnnounced = true;

    /// <summary>The first contact after Redis was away: finds out whether it takes writes, and tells it of this node once that is announced.</summary>
    /// <exception cref="Exception">It does not.</exception>
    public async Task ContactAsync(IDatabase database, CancellationToken cancellationToken)
    {
        try
        {
            await link.BoundAsync(database.SetAddAsync(keys.Nodes, node.Address, CommandFlags.DemandMaster), cancellationToken);
        }
        catch (RedisServerException e) when (!RedisTrouble.IsGeneral(e))
        {
            throw new RedisAwayException($"it refuses this node's address in {keys.Nodes} ({e.Message}): delete that key if it is not PushNode's, or set Redis:Prefix");
        }

        if (!isAnnounced)
            return;
        RenewIfLapsed();
        await BeatAsync(database, cancellationToken);
    }

    /// <summary>Writes it, when it is time or something has changed that the others should know at once.</summary>
    /// <exception cref="RedisAwayException">Redis is away.</exception>
    public async Task BeatIfDueAsync(CancellationToken cancellationToken)
    {
        if (!IsDue)
            return;
        if (IsLapsed)
        {
            await link.CallAsync(database => ContactAsync(database, cancellationToken), cancellationToken);
            link.RaiseGeneration();
            return;
        }

        bool wasFresh = IsFresh;
        bool wasThere = await link.CallAsync(database => BeatAsync(database, cancellationToken), cancellationToken);
        if (wasFresh && !wasThere)
            link.Lost("this node's own entry was gone");
    }

    /// <summary>Redis has lost what this node has written of itself, which should still be there: writes it again.</summary>
    /// <exception cref="RedisAwayException">Redis is away.</exception>
    public async Task RestoreAsync(CancellationToken cancellationToken)
    {
        link.Lost("this node's own entry was gone");
        await link.CallAsync(database => BeatAsync(database, cancellationToken), cancellationToken);
    }

    /// <summary>Takes this node out, unless another has its address by now.</summary>
    /// <exception cref="RedisAwayException">Redis is away: it lapses by itself.</exception>
    public Task EndAsync(CancellationToken cancellationToken) =>
        link.CallAsync(
            async database =>
            {
                string? there = await database.StringGetAsync(keys.Node(node.Address), CommandFlags.DemandMaster);
                if (NodeRecord.Parse(there) is { } record && !IsOwn(record.Incarnation))
                    return;
                // In this order: an address without an entry is one that has lapsed.
                await database.SetRemoveAsync(keys.Nodes, node.Address, CommandFlags.DemandMaster);
                await database.KeyDeleteAsync(keys.Node(node.Address), CommandFlags.DemandMaster);
            },
            cancellationToken);

    /// <summary>Whether it was there before.</summary>
    private async Task<bool> BeatAsync(IDatabase database, CancellationToken cancellationToken)
    {
        // What counts is when it was sent: it may have waited on the way.
        long now = time.GetTimestamp();
        bool draining = node.IsDraining;
        bool storing = facts.IsStoring();
        string incarnation = Remember(node.Incarnation);
        var record = new NodeRecord(incarnation, RoleNames.ToText(facts.Roles), ProgramVersion.Text, PeerProtocol.Version, facts.Connections(), storing, draining, started, (long)options.NodeLifetime.TotalMilliseconds);

        IBatch batch = database.CreateBatch();
        Task<RedisValue> before = batch.StringGetAsync(keys.Node(node.Address), CommandFlags.DemandMaster);
        Task<bool> written = batch.StringSetAsync(keys.Node(node.Address), record.ToString(), options.NodeLifetime, When.Always, CommandFlags.DemandMaster);
        Task<bool> added = batch.SetAddAsync(keys.Nodes, node.Address, CommandFlags.DemandMaster);
        // Of a cluster that is no more nothing stays.
        Task<bool> lapses = batch.KeyExpireAsync(keys.Nodes, NodesLifetime, CommandFlags.DemandMaster);
        batch.Execute();
        await link.BoundAsync(Task.WhenAll(written, added, lapses), cancellationToken);
        bool isFirst = last == 0;
        last = now;
        lastDraining = draining;
        lastStoring = storing;

        string? text = await ReadAsync(link.BoundAsync(before, cancellationToken));
        if (!isFirst)
            LookForOther(NodeRecord.Parse(text));
        return text is not null;
    }

    // Not before Redis has been reached: until then the others know this node by the former one, and cannot be told another.
    private void RenewIfLapsed()
    {
        if (!IsLapsed)
            return;
        string former = node.Incarnation;
        node.Renew();
        logger.Renewed(Math.Round((time.GetElapsedTime(last) - options.NodeLifetime).TotalSeconds, 1), node.Incarnation, former);
    }

    // The one that was there at the start may have been this node's former run.
    private void LookForOther(NodeRecord? found)
    {
        if (found is not null && !IsOwn(found.Incarnation))
        {
            otherSeen = time.GetTimestamp();
            if (Interlocked.Exchange(ref other, found.Incarnation) != found.Incarnation)
                logger.AddressTaken(node.Address, node.Incarnation, found.Incarnation);
        }
        else if (other is not null && time.GetElapsedTime(otherSeen) > options.NodeLifetime)
        {
            other = null;
            logger.AddressFree(node.Address);
        }
    }

    private string Remember(string incarnation)
    {
        lock (gate)
        {
            if (own.Contains(incarnation))
                return incarnation;
            own.Enqueue(incarnation);
            if (own.Count > RememberedIncarnations)
                own.Dequeue();
        }

        return incarnation;
    }

    private bool IsOwn(string incarnation)
    {
        lock (gate)
            return own.Contains(incarnation);
    }

    // What stands there may be of another type; it has been overwritten by now.
    private static async Task<string?> ReadAsync(Task<RedisValue> before)
    {
        try
        {
            return await before;
        }
        catch (RedisServerException)
        {
            return "";
        }
    }
}
