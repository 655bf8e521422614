using System.Collections.Concurrent;
using PushNode.Peers;
using StackExchange.Redis;

namespace PushNode.Cluster.Redis;

/// <summary>
/// The other nodes as Redis last told, which is asked every second, and at once when a route names a node that is not known. While Redis is away nothing
/// changes; after that a node that is missing is given time to write itself down again.
/// </summary>
internal sealed class RedisPeerDirectory(RedisLink link, NodeDirectory nodes, RedisKeys keys, Node node, TimeProvider time, ILogger<RedisPeerDirectory> logger)
    : IPeerDirectory
{
    private const int RememberedLeavers = 1024;

    private static readonly TimeSpan Forgetting = TimeSpan.FromHours(1);

    private readonly Lock gate = new();
    private readonly ConcurrentDictionary<string, Lazy<Task>> asking = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> askedAt = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> missingSince = new(StringComparer.Ordinal);
    private readonly HashSet<string> left = new(StringComparer.Ordinal);
    private readonly HashSet<string> complainedOf = new(StringComparer.Ordinal);
    private volatile ConcurrentDictionary<string, bool> strangers = new(StringComparer.Ordinal);
    private volatile PeerView view = PeerView.Empty;
    private Action? changed;

    public IReadOnlyList<Peer> Peers => view.Peers;

    /// <summary>What is known now.</summary>
    public PeerView View => view;

    public Peer? Find(string address) => view.Find(address);

    public bool HasLeft(string address)
    {
        lock (gate)
            return left.Contains(address);
    }

    public void OnChanged(Action listener) => changed += listener;

    /// <summary>Asks for all nodes.</summary>
    /// <returns>Whether this node itself is among them.</returns>
    /// <exception cref="RedisAwayException">Redis is away; what was known stays.</exception>
    public async Task<bool> ReadAsync(CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        // What was found not to be there may be there by the time of the next asking.
        strangers = new ConcurrentDictionary<string, bool>(StringComparer.Ordinal);
        Dictionary<string, string?> found = await nodes.ReadAsync(cancellationToken);
        bool isHere = found.Remove(node.Address, out string? own) && own is not null;
        string[] forgotten;
        bool isChanged;
        lock (gate)
        {
            // One that was asked for meanwhile is known better.
            foreach ((string address, long asked) in askedAt)
            {
                if (asked >= start)
                    found.Remove(address);
            }

            Dictionary<string, Peer> peers = view.Peers.ToDictionary(static p => p.Address, StringComparer.Ordinal);
            // A set that Redis has lost names nobody: what is missing in it is missing as a key that has lapsed is.
            foreach (string missing in peers.Keys.Where(a => !found.ContainsKey(a) && !(askedAt.TryGetValue(a, out long asked) && asked >= start)).ToArray())
            {
                Apply(peers, missing, null);
                // Only the node itself takes its address out, unless Redis has lost them all.
                if (isHere && left.Count < RememberedLeavers)
                    left.Add(missing);
            }

            foreach ((string address, string? text) in found)
                Apply(peers, address, text);
            askedAt.Clear();
            forgotten = [.. found.Where(f => f.Value is null && IsLongGone(f.Key)).Select(static f => f.Key)];
            isChanged = Replace(peers.Values);
        }

        if (isChanged)
            changed?.Invoke();
        if (forgotten.Length > 0)
            await link.CallAsync(database => database.SetRemoveAsync(keys.Nodes, [.. forgotten.Select(static a => (RedisValue)a)], CommandFlags.DemandMaster), cancellationToken);
        return isHere;
    }

    /// <summary>
    /// Whether an incarnation that is not known is that of a live node after all: it may have come a moment ago. Those who ask at the same time share the answer, and
    /// a no is remembered until all are asked for again.
    /// </summary>
    /// <exception cref="RedisAwayException">Redis is away.</exception>
    public async Task<bool> IsLiveAsync(string address, string incarnation, CancellationToken cancellationToken)
    {
        if (address == node.Address || strangers.ContainsKey(incarnation))
            return false;
        // An asking that was under way may have begun before the node wrote itself down; the one after that has not.
        for (int turn = 0; turn < 2; turn++)
        {
            var own = new Lazy<Task>(() => AskAsync(address));
            Lazy<Task> shared = asking.GetOrAdd(address, own);
            await shared.Value.WaitAsync(cancellationToken);
            if (view.Find(address)?.Incarnation == incarnation)
                return true;
            if (ReferenceEquals(shared, own))
                break;
        }

        strangers.TryAdd(incarnation, true);
        return false;
    }

    private async Task AskAsync(string address)
    {
        try
        {
            string? text = await nodes.ReadAsync(address, CancellationToken.None);
            bool isChanged;
            lock (gate)
            {
                Dictionary<string, Peer> peers = view.Peers.ToDictionary(static p => p.Address, StringComparer.Ordinal);
                Apply(peers, address, text);
                askedAt[address] = time.GetTimestamp();
                isChanged = Replace(peers.Values);
            }

            if (isChanged)
                changed?.Invoke();
        }
        finally
        {
            asking.TryRemove(address, out _);
        }
    }

    private void Apply(Dictionary<string, Peer> peers, string address, string? text)
    {
        if (text is null)
        {
            missingSince.TryAdd(address, time.GetTimestamp());
            if (!link.IsReturning)
                peers.Remove(address);
            return;
        }

        missingSince.Remove(address);
        left.Remove(address);
        NodeRecord? record = NodeRecord.Parse(text);
        Peer? peer = record?.Protocol == PeerProtocol.Version ? record.ToPeer(address) : null;
        if (peer is not null)
        {
            complainedOf.Remove(address);
            peers[address] = peer;
            return;
        }

        peers.Remove(address);
        if (!complainedOf.Add(address))
            return;
        if (record is not null && record.Protocol != PeerProtocol.Version)
            logger.OtherProtocol(address, record.Protocol, PeerProtocol.Version);
        else
            logger.NoRecord(address, keys.Node(address).ToString());
    }

    private bool IsLongGone(string address) => missingSince.TryGetValue(address, out long since) && time.GetElapsedTime(since) > Forgetting && missingSince.Remove(address);

    private bool Replace(IReadOnlyCollection<Peer> peers)
    {
        PeerView before = view;
        var now = new PeerView(peers);
        view = now;
        if (!now.DiffersFrom(before))
            return false;
        foreach (Peer peer in now.Peers.Where(p => before.Find(p.Address)?.Incarnation != p.Incarnation))
            logger.PeerCame(peer.Address, Settings.RoleNames.ToText(peer.Roles), peer.Version);
        foreach (Peer peer in before.Peers.Where(p => now.Find(p.Address) is null))
            logger.PeerWent(peer.Address);
        return true;
    }
}
