using PushNode.Storage.Mongo.Driver;

namespace PushNode.Storage.Mongo;

/// <summary>The documents in a reply: all that were found, as no cursor is ever left open.</summary>
internal static class ReplyDocuments
{
    /// <summary>Ends a find, so that all of it is in the reply.</summary>
    /// <param name="find">The command.</param>
    /// <param name="limit">How many documents at most.</param>
    /// <param name="timeout">How long the server may look for them; null: as long as its answer is waited for.</param>
    public static void EndFind(BsonWriter find, int limit, TimeSpan? timeout = null)
    {
        find.Int("limit"u8, limit);
        find.Int("batchSize"u8, limit);
        find.Flag("singleBatch"u8, true);
        if (timeout is { } time)
            find.Long("maxTimeMS"u8, (long)time.TotalMilliseconds);
    }

    /// <summary>The documents, as the elements of an array.</summary>
    public static BsonReader In(BsonReader reply)
    {
        if (!reply.Find("cursor"u8))
            return default;
        BsonReader cursor = reply.Elements;
        return cursor.Find("firstBatch"u8) ? cursor.Elements : default;
    }

    /// <summary>The first document; one without elements when there is none.</summary>
    public static BsonReader First(BsonReader reply)
    {
        BsonReader documents = In(reply);
        return documents.Read() ? documents.Elements : default;
    }

    public static int Count(BsonReader reply)
    {
        int count = 0;
        BsonReader documents = In(reply);
        while (documents.Read())
            count++;
        return count;
    }
}
