using PushNode.Messages;

namespace PushNode.Push;

/// <summary>
/// One connection's place in one channel. <see cref="Position"/> is moved by exactly one side at a time: by live delivery (under the feed's lock)
/// while live, by the replay while behind; the state changes under the feed's lock only.
/// </summary>
internal sealed class Subscription(Connection connection, ChannelFeed feed)
{
    public Connection Connection { get; } = connection;

    public ChannelFeed Feed { get; } = feed;

    public Channel Channel => Feed.Channel;

    public SubscriptionState State { get; set; } = SubscriptionState.Joining;

    /// <summary>Its index in the feed's list of its state.</summary>
    public int Index { get; set; } = -1;

    /// <summary>The epoch that its seqs are of; none until its place has been found.</summary>
    public string Epoch { get; set; } = "";

    /// <summary>The last seq put into the connection's outbox, or passed over because it has expired.</summary>
    public long Position { get; set; }

    /// <summary>The last seq the device is known to have.</summary>
    public long Acknowledged { get; set; }

    /// <summary>The position when the last proving ping was put into the outbox.</summary>
    public long AwaitingProof { get; set; }

    /// <summary>Whether the client has been told that the replay is done.</summary>
    public bool Announced { get; set; }
}
