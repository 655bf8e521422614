namespace PushNode.Peers;

/// <summary>What a module answers other nodes. Registered as a service, it is asked once, at start.</summary>
internal interface IPeerService
{
    /// <summary>Each path (such as <c>/store/read</c>) with what answers it.</summary>
    IEnumerable<KeyValuePair<string, Func<PeerCall, Task>>> Routes { get; }
}
