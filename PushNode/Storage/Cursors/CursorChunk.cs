namespace PushNode.Storage.Cursors;

/// <summary>Cursors on their way to the store.</summary>
/// <param name="Epoch">The store's epoch that they are of.</param>
/// <param name="Moves">The cursors.</param>
internal readonly record struct CursorChunk(string Epoch, IReadOnlyList<CursorMove> Moves);
