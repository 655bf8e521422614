namespace PushNode.Peers;

/// <summary>Marks a connection that came in by the internal listener.</summary>
internal sealed class PeerConnection
{
    public static PeerConnection Mark { get; } = new();
}
