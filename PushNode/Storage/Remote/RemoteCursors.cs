using PushNode.Peers;
using PushNode.Storage.Cursors;

namespace PushNode.Storage.Remote;

/// <summary>Takes cursors to the node that stores.</summary>
internal sealed class RemoteCursors(StoreLink link) : ICursorTarget
{
    public string? Away => link.Away;

    public int MaxMoves => StoreProtocol.MaxMoves;

    public Task<bool> WriteAsync(CursorChunk chunk, CancellationToken cancellationToken) =>
        link.AskAsync(StoreProtocol.Move, StoreQuestions.Moves(chunk), static (ref PeerReader answer) => answer.Flag(), cancellationToken);
}
