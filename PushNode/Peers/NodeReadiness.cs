using PushNode.Diagnostics;

namespace PushNode.Peers;

/// <summary>A node that is draining is to be sent no new work.</summary>
internal sealed class NodeReadiness(Node node) : IReadinessCheck
{
    public string Name => "node";

    public string? Reason => node.IsDraining ? "draining" : null;
}
