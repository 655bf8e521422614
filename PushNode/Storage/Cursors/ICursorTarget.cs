namespace PushNode.Storage.Cursors;

/// <summary>Where moved cursors are kept durably.</summary>
internal interface ICursorTarget
{
    /// <summary>Why nothing can be written at the moment; null when it can.</summary>
    string? Away { get; }

    /// <summary>How many one write may hold.</summary>
    int MaxMoves { get; }

    /// <summary>Writes them, each forward only; they are durable when it returns. False when the store is in another epoch than they are.</summary>
    /// <exception cref="StoreUnavailableException">It is not known to be written.</exception>
    Task<bool> WriteAsync(CursorChunk chunk, CancellationToken cancellationToken);
}
