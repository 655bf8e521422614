using PushNode.Messages;

namespace PushNode.Storage;

/// <summary>What the cluster last knew of channels' heads, for a store that several nodes write: a hint spares it a question.</summary>
internal interface IHeadHints
{
    /// <summary>
    /// For each channel, in the order asked, the number of a message that was stored as its head less than a day ago, in this epoch, and is durable; 0 where none is known. Does not throw for a
    /// cluster that cannot be asked.
    /// </summary>
    ValueTask<long[]> ReadAsync(IReadOnlyList<Channel> channels, string epoch, CancellationToken cancellationToken);
}
