using PushNode.Messages;

namespace PushNode.Dispatch;

/// <summary>Reaches the nodes that hold a channel. Collect calls it, on this node or over the network.</summary>
internal interface IDispatcher
{
    /// <summary>
    /// Hands a batch of stored (or ephemeral) messages over; returns when it has been taken, not when it has arrived. The next one may be stored meanwhile but not handed over.
    /// A message with a <see cref="Message.Report"/> is reported there. It neither throws for a node that cannot be reached nor waits for it: what is stored is found again by
    /// the push nodes themselves.
    /// </summary>
    ValueTask DispatchAsync(IReadOnlyList<Message> batch, CancellationToken cancellationToken);

    /// <summary>The user's connections on every node. A node without a heartbeat has none.</summary>
    ValueTask<NodeAnswers<IReadOnlyList<ConnectionDetails>>> FindConnectionsAsync(string userId, CancellationToken cancellationToken);

    /// <summary>Closes the user's connections (of one device, if it is named) on every node; returns how many.</summary>
    ValueTask<NodeAnswers<int>> DisconnectAsync(string userId, string? device, CancellationToken cancellationToken);

    /// <summary>Tells every node that the user's tokens issued before then (Unix milliseconds) are void. Returns, when those that can be reached have been told, the addresses of the others: they will be later.</summary>
    ValueTask<IReadOnlyList<string>> AnnounceRevocationAsync(string userId, long before, CancellationToken cancellationToken);
}
