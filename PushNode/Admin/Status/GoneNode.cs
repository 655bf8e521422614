using PushNode.Peers;

namespace PushNode.Admin.Status;

/// <summary>A node that is no more.</summary>
/// <param name="Peer">As it was last known.</param>
/// <param name="Since">When this node learned of it, in Unix milliseconds.</param>
/// <param name="WasStopped">Whether it has ended in good order.</param>
internal sealed record GoneNode(Peer Peer, long Since, bool WasStopped);
