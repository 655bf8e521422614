namespace PushNode.Tests.Support.Mongo;

/// <summary>
/// The updates that PushNode uses, of top-level fields: the operators $set, $max and $setOnInsert; and the pipeline of $set stages with $cond, $eq, $max,
/// $literal, fields and constants.
/// </summary>
internal static class MongoUpdate
{
    /// <summary>What the update makes of the document. Throws <see cref="MongoError"/> on what the double does not know.</summary>
    public static BsonDocument Apply(object? update, BsonDocument document, bool inserting)
    {
        BsonDocument updated = update switch
        {
            BsonArray stages => stages.Cast<BsonDocument>().Aggregate(document, Stage),
            BsonDocument operators => Operators(operators, document, inserting),
            _ => throw new MongoError(MongoError.FailedToParse, "an update is a document or an array"),
        };
        return inserting || BsonOrder.AreEqual(updated["_id"], document["_id"])
            ? updated
            : throw new MongoError(MongoError.ImmutableField, "Performing an update on the path '_id' would modify the immutable field '_id'");
    }

    /// <summary>The document that an upsert makes: what the query says must be equal, then the update; with an _id in any case.</summary>
    public static BsonDocument Insert(BsonDocument query, object? update)
    {
        var equal = new BsonDocument(query.Where(static f => !MongoFilter.IsOperators(f.Value)));
        return WithId(Apply(update, equal, inserting: true));
    }

    /// <summary>The document, with an _id of the server's making where it has none.</summary>
    public static BsonDocument WithId(BsonDocument document) => document.Has("_id") ? document : [new("_id", BsonObjectId.Next()), .. document];

    private static BsonDocument Operators(BsonDocument operators, BsonDocument document, bool inserting)
    {
        var updated = new BsonDocument(document);
        foreach ((string name, object? operand) in operators)
        {
            foreach ((string field, object? value) in Fields(name, operand))
            {
                switch (name)
                {
                    case "$set":
                    case "$setOnInsert" when inserting:
                        updated[field] = value;
                        break;
                    case "$max":
                        if (!updated.TryGet(field, out object? old) || BsonOrder.Instance.Compare(value, old) > 0)
                            updated[field] = value;
                        break;
                    case "$setOnInsert":
                        break;
                    default:
                        throw new MongoError(MongoError.FailedToParse, $"Unknown modifier: {name}");
                }
            }
        }

        return updated;
    }

    private static BsonDocument Fields(string name, object? operand)
    {
        if (operand is not BsonDocument fields || !name.StartsWith('$'))
            throw new MongoError(MongoError.FailedToParse, $"the double does not know replacement updates: {name}");
        return fields.All(static f => !f.Key.Contains('.'))
            ? fields
            : throw new MongoError(MongoError.BadValue, "the double updates top-level fields only");
    }

    // All expressions of a stage see the document as it came into the stage.
    private static BsonDocument Stage(BsonDocument document, BsonDocument stage)
    {
        if (stage is not { Count: 1 } || stage[0] is not { Key: "$set", Value: BsonDocument fields })
            throw new MongoError(40324, $"the double only knows $set in an update's pipeline: {stage}");
        var updated = new BsonDocument(document);
        foreach ((string name, object? expression) in Fields("$set", fields))
            updated[name] = Evaluate(expression, document);
        return updated;
    }

    private static object? Evaluate(object? expression, BsonDocument document)
    {
        if (expression is string text && text.StartsWith('$'))
            return document.At(text[1..]);
        if (!MongoFilter.IsOperators(expression))
            return expression is BsonDocument fields ? Embedded(fields, document) : expression;
        (string name, object? operand) = ((BsonDocument)expression!)[0];
        if (name == "$literal")
            return operand;
        object?[] arguments = [.. (operand as BsonArray ?? [operand]).Select(a => Evaluate(a, document))];
        return (name, arguments) switch
        {
            ("$cond", [var condition, var yes, var no]) => condition is not (null or false or 0 or 0L or 0.0) ? yes : no,
            ("$eq", [var a, var b]) => BsonOrder.AreEqual(a, b),
            ("$max", _) => arguments.Max(BsonOrder.Instance),
            _ => throw new MongoError(168, $"the double does not know the expression {name} with {arguments.Length} arguments"),
        };
    }

    private static BsonDocument Embedded(BsonDocument fields, BsonDocument document) =>
        new(fields.Select(f => KeyValuePair.Create(f.Key, Evaluate(f.Value, document))));
}
