namespace PushNode.Bench;

/// <summary>How far a subscriber is.</summary>
internal enum SubscriberState
{
    None,

    /// <summary>TCP.</summary>
    Connecting,

    /// <summary>The upgrade, and until the node says that the channel is live.</summary>
    Joining,

    Ready,

    Ended,
}
