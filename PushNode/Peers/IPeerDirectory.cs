namespace PushNode.Peers;

/// <summary>The other live nodes of the cluster, as last known: what it says stays while the place it reads from is away.</summary>
internal interface IPeerDirectory
{
    /// <summary>The live nodes without this one, in no order; replaced as a whole when it changes.</summary>
    IReadOnlyList<Peer> Peers { get; }

    /// <summary>The live node at an address; null when there is none. This node's own address finds nothing.</summary>
    Peer? Find(string address);

    /// <summary>Whether the node that was at an address has taken itself out: it was stopped, and did not die.</summary>
    bool HasLeft(string address);

    /// <summary>Calls <paramref name="listener"/> after each change but of connection counts. For wiring at start; it must not block.</summary>
    void OnChanged(Action listener);
}
