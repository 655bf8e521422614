using PushNode.Peers;

namespace PushNode.Tests.Peers;

/// <summary>The directory of peers, as the test changes it.</summary>
internal sealed class TestPeers(params Peer[] peers) : IPeerDirectory
{
    private volatile Peer[] peers = peers;
    private Action changed = static () => { };

    public IReadOnlyList<Peer> Peers => peers;

    public Peer? Find(string address) => peers.FirstOrDefault(p => p.Address == address);

    public void OnChanged(Action listener) => changed += listener;

    public void Set(params Peer[] now)
    {
        peers = now;
        changed();
    }
}
