namespace PushNode.Push;

/// <summary>
/// The store has begun a new life (it was replaced, or restored from an older copy): its seqs do not compare with those that this node's clients have seen. All
/// are sent to connect again; they say where they are, and are told <c>reset</c>.
/// </summary>
internal sealed class EpochChange(HeldChannels channels, ConnectionList connections, ILogger<EpochChange> logger)
{
    /// <param name="reason">How it was noticed, for the log.</param>
    public void Begin(string reason)
    {
        // In this order. A connection is in the list before it holds anything, so one that holds a feed given up here is closed below; one that comes
        // in between has a new feed, and is closed for nothing.
        channels.ForgetAll();
        Connection[] all = connections.ToArray();
        PushLog.EpochChanged(logger, all.Length, reason);
        foreach (Connection connection in all)
            connection.SendAway("the message store has begun a new life");
    }
}
