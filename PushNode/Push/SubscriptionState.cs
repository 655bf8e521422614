namespace PushNode.Push;

/// <summary>Where a subscription gets its messages from.</summary>
internal enum SubscriptionState
{
    /// <summary>From nowhere yet: its place is being found.</summary>
    Joining,

    /// <summary>From the store: it has just joined, or its connection was too slow for live delivery.</summary>
    Behind,

    /// <summary>From live delivery.</summary>
    Live,

    /// <summary>From nowhere any more.</summary>
    Ended,
}
