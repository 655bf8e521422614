namespace PushNode.Dispatch.Remote;

/// <summary>Why messages were not brought to a node, as the metrics have it.</summary>
internal static class DropReason
{
    /// <summary>Too much waited for it already.</summary>
    public const string Full = "full";

    /// <summary>It was away for too long.</summary>
    public const string Expired = "expired";

    /// <summary>An ephemeral message may have arrived, and must not twice.</summary>
    public const string Unsure = "unsure";

    /// <summary>It found the request malformed, or this node met an error of its own.</summary>
    public const string Refused = "refused";

    /// <summary>The run of the node that it was for is over.</summary>
    public const string Gone = "gone";

    /// <summary>This node stops.</summary>
    public const string Stopping = "stopping";
}
