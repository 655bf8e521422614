using PushNode.Messages;

namespace PushNode.Cluster;

/// <summary>The channels' heads as a hint: never ahead of the store's, possibly behind.</summary>
internal interface IHeads
{
    /// <summary>The head of each channel, in the order asked; 0 where nothing is known.</summary>
    ValueTask<long[]> ReadAsync(IReadOnlyList<Channel> channels, CancellationToken cancellationToken);

    /// <summary>Raises the hints to the stored messages' seqs; never lowers one.</summary>
    ValueTask RaiseAsync(IReadOnlyList<Message> stored, CancellationToken cancellationToken);
}
