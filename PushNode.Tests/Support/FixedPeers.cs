using PushNode.Peers;
using PushNode.Settings;

namespace PushNode.Tests.Support;

/// <summary>A directory of nodes that says what the test says.</summary>
internal sealed class FixedPeers : IPeerDirectory
{
    private volatile Peer[] peers = [];
    private Action? changed;

    public FixedPeers(params Peer[] peers) => this.peers = peers;

    public IReadOnlyList<Peer> Peers => peers;

    public static Peer Create(Node node, Roles roles, bool stores = false, bool draining = false) =>
        new(node.Address, node.Incarnation, roles, "0.1.0", 0, stores, draining);

    public Peer? Find(string address) => Array.Find(peers, p => p.Address == address);

    public bool HasLeft(string address) => false;

    public void OnChanged(Action listener) => changed += listener;

    public void Set(params Peer[] now)
    {
        peers = now;
        changed?.Invoke();
    }
}
