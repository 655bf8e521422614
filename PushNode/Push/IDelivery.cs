using PushNode.Messages;

namespace PushNode.Push;

/// <summary>Takes messages to the connections that one node holds. Dispatch calls it, on this node or over the network.</summary>
internal interface IDelivery
{
    /// <summary>Delivers a batch, in order, and adds to each message's <see cref="Message.Report"/>. Returns when this node has taken all of it.</summary>
    ValueTask DeliverAsync(IReadOnlyList<Message> batch, CancellationToken cancellationToken);
}
