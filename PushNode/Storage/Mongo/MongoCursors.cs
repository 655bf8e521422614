using PushNode.Storage.Cursors;

namespace PushNode.Storage.Mongo;

/// <summary>Writes cursors into the database.</summary>
internal sealed class MongoCursors(MongoConnection connection, CursorQuery cursors, TimeProvider time) : ICursorTarget
{
    public string? Away => connection.Away;

    public int MaxMoves => CursorQuery.MaxCursors;

    public async Task<bool> WriteAsync(CursorChunk chunk, CancellationToken cancellationToken)
    {
        if (chunk.Epoch != connection.Epoch)
            return false;
        return await connection.WriteAsync(
            pool =>
            {
                cursors.Write(pool, chunk, time.GetUtcNow().ToUnixTimeMilliseconds());
                return true;
            },
            cancellationToken).WaitAsync(cancellationToken);
    }
}
