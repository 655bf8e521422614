using PushNode.Peers;

namespace PushNode.Dispatch.Remote;

/// <summary>What every link uses.</summary>
internal sealed record LinkServices(PeerClient Peers, ClusterOptions Options, DispatchMetrics Metrics, TimeProvider Time, ILogger<NodeLink> Logger);
