namespace PushNode.Peers;

/// <summary>What nodes say to one another: <c>POST</c> over HTTP/2 with a binary body, little-endian.</summary>
internal static class PeerProtocol
{
    /// <summary>Raised with every change that older nodes do not understand.</summary>
    public const string Version = "1";

    /// <summary>The version that the caller speaks.</summary>
    public const string VersionHeader = "pushnode-protocol";

    /// <summary>The cluster's secret.</summary>
    public const string SecretHeader = "pushnode-secret";

    /// <summary>The incarnation that the request is for; in the answer, the one that took or refused it. Left out: any.</summary>
    public const string IncarnationHeader = "pushnode-incarnation";

    /// <summary>The address of the caller.</summary>
    public const string FromHeader = "pushnode-from";

    /// <summary>The largest body, in bytes, in either direction.</summary>
    public const int MaxBody = 32 * 1024 * 1024;
}
