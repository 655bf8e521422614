using PushNode.Peers;
using StackExchange.Redis;

namespace PushNode.Cluster.Redis;

/// <summary>Reads what the nodes have written of themselves.</summary>
internal sealed class NodeDirectory(RedisLink link, RedisKeys keys)
{
    /// <summary>What each address has written: null where that has lapsed or is not there, empty text where it is something else than a text.</summary>
    /// <exception cref="RedisAwayException">Redis is away.</exception>
    public async Task<Dictionary<string, string?>> ReadAsync(CancellationToken cancellationToken)
    {
        RedisValue[] addresses = await link.CallAsync(database => database.SetMembersAsync(keys.Nodes, CommandFlags.DemandMaster), cancellationToken);
        var found = new Dictionary<string, string?>(addresses.Length, StringComparer.Ordinal);
        foreach (string address in addresses.Select(static a => a.ToString()).Where(static a => a.Length > 0))
            found[address] = null;
        RedisValue[] records = await link.CallAsync(database => Task.WhenAll(found.Keys.Select(a => ReadOneAsync(database, a))), cancellationToken);
        int i = 0;
        foreach (string address in addresses.Select(static a => a.ToString()).Where(found.ContainsKey).Distinct(StringComparer.Ordinal))
            found[address] = records[i++];
        return found;
    }

    /// <summary>What one address has written.</summary>
    /// <exception cref="RedisAwayException">Redis is away.</exception>
    public async Task<string?> ReadAsync(string address, CancellationToken cancellationToken) =>
        await link.CallAsync(database => ReadOneAsync(database, address), cancellationToken);

    /// <summary>The live nodes with the age of their last heartbeat, by address.</summary>
    /// <exception cref="RedisAwayException">Redis is away.</exception>
    public async Task<IReadOnlyList<ListedNode>> ListAsync(CancellationToken cancellationToken)
    {
        var listed = new List<ListedNode>();
        foreach ((string address, string? text) in await ReadAsync(cancellationToken))
        {
            if (NodeRecord.Parse(text) is not { } record)
                continue;
            TimeSpan? left = await link.CallAsync(database => database.KeyTimeToLiveAsync(keys.Node(address), CommandFlags.DemandMaster), cancellationToken);
            if (left is { } rest)
                listed.Add(new ListedNode(address, record, TimeSpan.FromMilliseconds(Math.Max(0, record.Lifetime - rest.TotalMilliseconds))));
        }

        return [.. listed.OrderBy(static n => n.Address, StringComparer.Ordinal)];
    }

    private async Task<RedisValue> ReadOneAsync(IDatabase database, string address)
    {
        try
        {
            return await database.StringGetAsync(keys.Node(address), CommandFlags.DemandMaster);
        }
        catch (RedisServerException e) when (!RedisTrouble.IsGeneral(e))
        {
            return RedisValue.EmptyString;
        }
    }
}

/// <summary>A live node as an operator sees it.</summary>
/// <param name="Address">Where the others reach it.</param>
/// <param name="Record">What it has told of itself.</param>
/// <param name="Age">How long ago.</param>
internal sealed record ListedNode(string Address, NodeRecord Record, TimeSpan Age)
{
    /// <summary>Whether nodes of this version work with it.</summary>
    public bool IsCompatible => Record.Protocol == PeerProtocol.Version;
}
