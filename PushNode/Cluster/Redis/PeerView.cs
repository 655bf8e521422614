using System.Text;
using PushNode.Peers;
using PushNode.Settings;

namespace PushNode.Cluster.Redis;

/// <summary>The other nodes at one moment. Never changed, but replaced.</summary>
internal sealed class PeerView
{
    private readonly Dictionary<string, Peer> byAddress;
    private readonly Dictionary<byte[], Entry> byIncarnation = new(Bytes.Comparer);

    public PeerView(IReadOnlyCollection<Peer> peers)
    {
        Peers = [.. peers];
        byAddress = Peers.ToDictionary(static p => p.Address, StringComparer.Ordinal);
        foreach (Peer peer in Peers)
            byIncarnation[Encoding.UTF8.GetBytes(peer.Incarnation)] = new Entry(peer, Encoding.UTF8.GetBytes(peer.Address));
        PushAddresses = [.. Peers.Where(static p => p.Roles.HasFlag(Roles.Push)).Select(static p => p.Address)];
    }

    public static PeerView Empty { get; } = new([]);

    public IReadOnlyList<Peer> Peers { get; }

    /// <summary>Where messages go when it cannot be found out who holds their channel.</summary>
    public IReadOnlyList<string> PushAddresses { get; }

    public Peer? Find(string address) => byAddress.GetValueOrDefault(address);

    /// <summary>The node that a route names, both parts as Redis has them; null when no live node is of that incarnation and address.</summary>
    public string? Match(byte[] incarnation, byte[] address) =>
        byIncarnation.TryGetValue(incarnation, out Entry entry) && entry.Address.AsSpan().SequenceEqual(address) ? entry.Peer.Address : null;

    /// <summary>Whether the other differs in more than counts of connections.</summary>
    public bool DiffersFrom(PeerView other) =>
        Peers.Count != other.Peers.Count || Peers.Any(p => other.Find(p.Address) is not { } o || o with { Connections = 0 } != p with { Connections = 0 });

    private readonly record struct Entry(Peer Peer, byte[] Address);
}
