namespace PushNode.Tests.Support.Mongo;

/// <summary>The part of MongoDB's query language that PushNode uses: equality, $in, $gt, $gte, $lt, $lte, $ne, all of one field or dotted path.</summary>
internal static class MongoFilter
{
    /// <summary>Whether the document is what the filter asks for. Throws <see cref="MongoError"/> on an operator that the double does not know.</summary>
    public static bool Matches(BsonDocument filter, BsonDocument document) => filter.All(f => Matches(f.Key, f.Value, document));

    /// <summary>Whether a filter's value is operators, not a value to be equal to.</summary>
    public static bool IsOperators(object? condition) => condition is BsonDocument { Count: > 0 } operators && operators[0].Key.StartsWith('$');

    /// <summary>Orders documents as <c>sort</c> says.</summary>
    public static IEnumerable<BsonDocument> Sort(IEnumerable<BsonDocument> documents, BsonDocument? sort)
    {
        if (sort is not { Count: > 0 })
            return documents;
        IOrderedEnumerable<BsonDocument> ordered = documents.Order(Comparer<BsonDocument>.Create(static (_, _) => 0));
        foreach ((string path, _) in sort)
        {
            ordered = sort.Number(path) < 0
                ? ordered.ThenByDescending(d => d.At(path), BsonOrder.Instance)
                : ordered.ThenBy(d => d.At(path), BsonOrder.Instance);
        }

        return ordered;
    }

    /// <summary>The document with the fields that <c>projection</c> includes, and _id unless it says 0.</summary>
    public static BsonDocument Project(BsonDocument document, BsonDocument? projection)
    {
        if (projection is not { Count: > 0 })
            return document;
        foreach ((string name, object? value) in projection)
        {
            if (value is not (int or long or double or bool) || name.Contains('.') || (name != "_id" && !projection.Flag(name)))
                throw new MongoError(MongoError.BadValue, $"the double only projects by including fields: {name}");
        }

        return new BsonDocument(document.Where(f => f.Key == "_id" ? projection.Flag("_id", missing: true) : projection.Flag(f.Key)));
    }

    private static bool Matches(string path, object? condition, BsonDocument document)
    {
        if (path.StartsWith('$'))
            throw new MongoError(MongoError.BadValue, $"unknown top level operator: {path}");
        object? value = document.At(path);
        return IsOperators(condition) ? ((BsonDocument)condition!).All(o => Holds(o.Key, value, o.Value)) : BsonOrder.AreEqual(value, condition);
    }

    private static bool Holds(string name, object? value, object? operand) => name switch
    {
        "$eq" => BsonOrder.AreEqual(value, operand),
        "$ne" => !BsonOrder.AreEqual(value, operand),
        "$in" when operand is BsonArray values => values.Any(v => BsonOrder.AreEqual(value, v)),
        "$gt" => Compares(value, operand, static o => o > 0),
        "$gte" => Compares(value, operand, static o => o >= 0),
        "$lt" => Compares(value, operand, static o => o < 0),
        "$lte" => Compares(value, operand, static o => o <= 0),
        "$type" when operand is BsonArray types => types.Contains(value switch { int => "int", long => "long", double => "double", string => "string", _ => null }),
        _ => throw new MongoError(MongoError.BadValue, $"unknown operator: {name}"),
    };

    // Only values of one type compare, but for MinKey and MaxKey, which compare with all.
    private static bool Compares(object? value, object? operand, Func<int, bool> holds) =>
        (operand is BsonKey || BsonOrder.Rank(value) == BsonOrder.Rank(operand)) && holds(BsonOrder.Instance.Compare(value, operand));
}
