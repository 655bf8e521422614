namespace PushNode.Dispatch.Remote;

/// <summary>
/// How messages go from node to node. Request: a byte of flags, the number of messages, the messages. Answer: <see cref="Taken"/> at once; then, when somebody wants
/// to know, how many connections each message that wants a report was written to, in their order.
/// </summary>
internal static class MessageProtocol
{
    /// <summary>Messages for the channels that a push node holds.</summary>
    public const string Deliver = "/deliver";

    /// <summary>Messages for a dispatch node to bring to whoever holds their channels.</summary>
    public const string Dispatch = "/dispatch";

    /// <summary>Flag: messages for this node were dropped, so that it has to compare what it holds with the store.</summary>
    public const byte Reconcile = 1;

    /// <summary>The first byte of an answer: what follows is no reason to send the messages again.</summary>
    public const byte Taken = 1;

    /// <summary>The most messages in a request.</summary>
    public const int MaxMessages = 2_000;

    /// <summary>The largest request, in bytes; a message longer than that is a request of its own.</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <summary>How many answers to one node may have their reports outstanding; those of further ones count as 0.</summary>
    public const int MaxReports = 32;

    /// <summary>How long a node waits for the reports of a request.</summary>
    public static readonly TimeSpan ReportWait = TimeSpan.FromSeconds(5);
}
