using PushNode.Peers;

namespace PushNode.Admin.Status;

/// <summary>The nodes that went away lately: one that dies is not to be gone from the list of an operator who looks a minute later.</summary>
internal sealed class GoneNodes
{
    /// <summary>How many are remembered; the oldest goes first.</summary>
    private const int Max = 256;

    private static readonly TimeSpan Memory = TimeSpan.FromMinutes(10);

    private readonly Lock gate = new();
    private readonly Dictionary<string, GoneNode> gone = new(StringComparer.Ordinal);
    private readonly IPeerDirectory directory;
    private readonly TimeProvider time;
    private Dictionary<string, Peer> known = [];

    public GoneNodes(IPeerDirectory directory, TimeProvider time)
    {
        this.directory = directory;
        this.time = time;
        directory.OnChanged(Compare);
        Compare();
    }

    /// <summary>Those that have not come back, in no order.</summary>
    public IReadOnlyList<GoneNode> All
    {
        get
        {
            lock (gate)
            {
                Forget();
                return [.. gone.Values];
            }
        }
    }

    private void Compare()
    {
        lock (gate)
        {
            Dictionary<string, Peer> now = directory.Peers.ToDictionary(static p => p.Address, StringComparer.Ordinal);
            long since = time.GetUtcNow().ToUnixTimeMilliseconds();
            foreach ((string address, Peer peer) in known.Where(k => !now.ContainsKey(k.Key)))
                gone[address] = new GoneNode(peer, since, peer.IsDraining || directory.HasLeft(address));
            foreach (string address in now.Keys)
                gone.Remove(address);
            known = now;
            Forget();
        }
    }

    private void Forget()
    {
        long before = (time.GetUtcNow() - Memory).ToUnixTimeMilliseconds();
        foreach (GoneNode node in gone.Values.OrderByDescending(static g => g.Since).Where((g, index) => index >= Max || g.Since < before).ToArray())
            gone.Remove(node.Peer.Address);
    }
}
