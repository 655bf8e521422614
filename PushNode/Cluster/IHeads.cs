using PushNode.Messages;

namespace PushNode.Cluster;

/// <summary>The channels' heads as a hint: never ahead of the store's, possibly behind.</summary>
internal interface IHeads
{
    /// <summary>The head of each channel, in the order asked; 0 where nothing is known.</summary>
    ValueTask<long[]> ReadAsync(IReadOnlyList<Channel> channels, CancellationToken cancellationToken);

    /// <summary>Raises the hints to the stored messages' seqs; never lowers one.</summary>
    /// <param name="stored">The messages.</param>
    /// <param name="epoch">The store's epoch before they were stored: seqs of another one must never pass for ones of it.</param>
    /// <param name="cancellationToken">Gives it up.</param>
    ValueTask RaiseAsync(IReadOnlyList<Message> stored, string epoch, CancellationToken cancellationToken);
}
