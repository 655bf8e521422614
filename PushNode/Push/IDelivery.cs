using PushNode.Messages;

namespace PushNode.Push;

/// <summary>What one node does for the connections that it holds. Dispatch calls it, on this node or over the network.</summary>
internal interface IDelivery
{
    /// <summary>Delivers a batch, in order, and reports each message to its <see cref="Message.Report"/>. Returns when this node has taken all of it.</summary>
    ValueTask DeliverAsync(IReadOnlyList<Message> batch, CancellationToken cancellationToken);

    /// <summary>The user's connections on this node.</summary>
    ValueTask<NodeAnswers<IReadOnlyList<ConnectionDetails>>> FindConnectionsAsync(string userId, CancellationToken cancellationToken);

    /// <summary>Closes the user's connections on this node (of one device, if it is named) with 1000; returns how many.</summary>
    ValueTask<NodeAnswers<int>> DisconnectAsync(string userId, string? device, CancellationToken cancellationToken);

    /// <summary>The user's tokens issued before then (Unix milliseconds) are void: closes the connections made with them. Returns the addresses of nodes that could not be told: they will be later.</summary>
    ValueTask<IReadOnlyList<string>> RevokeAsync(string userId, long before, CancellationToken cancellationToken);
}
