namespace PushNode.Tests.Support.Mongo;

/// <summary>An index of a collection; only a unique one is kept, so that a duplicate is found.</summary>
internal sealed class MongoIndex
{
    private readonly SortedDictionary<object, BsonDocument> entries = new(BsonOrder.Instance);

    /// <param name="specification">As in <c>createIndexes</c>: key, name, and perhaps unique and expireAfterSeconds.</param>
    public MongoIndex(BsonDocument specification)
    {
        Specification = specification;
        Name = specification["name"] as string ?? throw new MongoError(MongoError.FailedToParse, "an index without a name");
        Key = specification["key"] as BsonDocument ?? throw new MongoError(MongoError.FailedToParse, "an index without a key");
        IsUnique = specification.Flag("unique");
    }

    public BsonDocument Specification { get; }

    public string Name { get; }

    public BsonDocument Key { get; }

    public bool IsUnique { get; }

    public bool HasOptionsOf(MongoIndex other) => Options(Specification).SequenceEqual(Options(other.Specification));

    /// <summary>What the document is found by.</summary>
    public BsonArray KeyOf(BsonDocument document) => new(Key.Select(f => document.At(f.Key)));

    /// <summary>The same with names, for an error.</summary>
    public BsonDocument Named(BsonDocument document) => new(Key.Select(f => KeyValuePair.Create(f.Key, document.At(f.Key))));

    public IEnumerable<BsonDocument> Lookup(BsonArray key) => entries.TryGetValue(key, out BsonDocument? document) ? [document] : [];

    public void Add(BsonDocument document)
    {
        if (IsUnique)
            entries.Add(KeyOf(document), document);
    }

    public void Remove(BsonDocument document) => entries.Remove(KeyOf(document));

    private static IEnumerable<string> Options(BsonDocument specification) => specification
        .Where(static f => f.Key is not ("key" or "name" or "v" or "ns"))
        .Select(f => f.Value is bool or int or long or double ? $"{f.Key}: {specification.Number(f.Key)}" : $"{f.Key}: {BsonText.Of(f.Value)}")
        .Order(StringComparer.Ordinal);
}
