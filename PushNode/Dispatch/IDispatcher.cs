using PushNode.Messages;

namespace PushNode.Dispatch;

/// <summary>Takes stored (or ephemeral) messages to the nodes that hold their channels. Collect calls it, on this node or over the network.</summary>
internal interface IDispatcher
{
    /// <summary>
    /// Hands a batch over; returns when it has been taken, not when it has arrived. A message with a <see cref="Message.Report"/> is reported there. It does not
    /// throw for a node that cannot be reached: what is stored is found again by the push nodes themselves.
    /// </summary>
    ValueTask DispatchAsync(IReadOnlyList<Message> batch, CancellationToken cancellationToken);
}
