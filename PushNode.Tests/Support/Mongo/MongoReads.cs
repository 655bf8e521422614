namespace PushNode.Tests.Support.Mongo;

/// <summary>The commands find and aggregate, over the documents that <paramref name="documents"/> gives for a filter on a collection of the full name.</summary>
internal sealed class MongoReads(Func<string, BsonDocument, IEnumerable<BsonDocument>> documents)
{
    // What mongod puts in a first batch when no size is said, and in any batch.
    private const int DefaultBatch = 101;
    private const int MaxBatchBytes = 16 * 1024 * 1024;

    public BsonDocument Find(MongoRequest request)
    {
        BsonDocument body = request.Body;
        IEnumerable<BsonDocument> found = MongoFilter.Sort(documents(request.Namespace, body["filter"] as BsonDocument ?? []), body["sort"] as BsonDocument);
        if (body.Number("limit") is > 0 and var limit)
            found = found.Take((int)limit);
        if (body.Has("skip"))
            throw new MongoError(MongoError.BadValue, "the double does not skip");
        found = found.Select(d => MongoFilter.Project(d, body["projection"] as BsonDocument));
        // A single batch ends where a batch ends, though the limit allows more.
        return Cursor(request, body.Flag("singleBatch") ? OneBatch(found, (int)body.Number("batchSize", DefaultBatch)) : found);
    }

    public BsonDocument Aggregate(MongoRequest request)
    {
        var stages = (request.Body["pipeline"] as BsonArray ?? []).Cast<BsonDocument>().ToList();
        // As with an index: a $match that comes first picks the documents.
        if (stages is [{ Count: 1 } first, ..] && first["$match"] is BsonDocument filter)
            return Cursor(request, stages.Skip(1).Aggregate(documents(request.Namespace, filter), (d, s) => Stage(d, s, request.Database)));
        return Cursor(request, stages.Aggregate(documents(request.Namespace, []), (d, s) => Stage(d, s, request.Database)));
    }

    private static BsonDocument Cursor(MongoRequest request, IEnumerable<BsonDocument> batch) => new()
    {
        { "cursor", new BsonDocument { { "firstBatch", new BsonArray(batch) }, { "id", 0L }, { "ns", request.Namespace } } },
        { "ok", 1.0 },
    };

    private static IEnumerable<BsonDocument> OneBatch(IEnumerable<BsonDocument> found, int size)
    {
        int bytes = 0;
        foreach (BsonDocument document in found.Take(size))
        {
            bytes += BsonWriter.Write(document).Length;
            if (bytes > MaxBatchBytes)
                yield break;
            yield return document;
        }
    }

    private IEnumerable<BsonDocument> Stage(IEnumerable<BsonDocument> input, BsonDocument stage, string database) =>
        (stage.Single().Key, stage[0].Value) switch
        {
            ("$match", BsonDocument filter) => input.Where(d => MongoFilter.Matches(filter, d)),
            ("$sort", BsonDocument sort) => MongoFilter.Sort(input, sort),
            ("$limit", int or long or double) => input.Take((int)stage.Number("$limit")),
            ("$project", BsonDocument projection) => input.Select(d => MongoFilter.Project(d, projection)),
            ("$lookup", BsonDocument lookup) => input.Select(d => Lookup(d, lookup, database)),
            _ => throw new MongoError(40324, $"Unrecognized pipeline stage name: '{stage[0].Key}'"),
        };

    private BsonDocument Lookup(BsonDocument document, BsonDocument lookup, string database)
    {
        var equal = new BsonDocument { { $"{lookup["foreignField"]}", document.At($"{lookup["localField"]}") } };
        IEnumerable<BsonDocument> found = documents($"{database}.{lookup["from"]}", equal);
        found = lookup.Documents("pipeline").Aggregate(found, (d, s) => Stage(d, s, database));
        return new BsonDocument(document) { [$"{lookup["as"]}"] = new BsonArray(found) };
    }
}
