namespace PushNode.Tests.Support.Mongo;

/// <summary>Documents in the order they came, and the indexes that keep them unique. For one caller at a time.</summary>
internal sealed class MongoCollection
{
    private readonly List<BsonDocument> documents = [];
    private readonly Dictionary<string, MongoIndex> indexes = new()
    {
        ["_id_"] = new MongoIndex(new BsonDocument { { "key", new BsonDocument { { "_id", 1 } } }, { "name", "_id_" }, { "unique", true } }),
    };

    /// <param name="name">With the database's.</param>
    public MongoCollection(string name) => Name = name;

    public string Name { get; }

    public IReadOnlyList<BsonDocument> Documents => documents;

    public int Indexes => indexes.Count;

    /// <summary>One with the same documents and indexes, which goes its own way from here.</summary>
    public MongoCollection Copy()
    {
        var copy = new MongoCollection(Name);
        foreach (BsonDocument document in documents)
            copy.Insert(document);
        foreach (BsonDocument index in indexes.Values.Select(static i => i.Specification))
            copy.CreateIndex(index);
        return copy;
    }

    /// <summary>The documents that the filter asks for, in the order they came.</summary>
    public IEnumerable<BsonDocument> Find(BsonDocument filter)
    {
        IEnumerable<BsonDocument> candidates = filter.TryGet("_id", out object? id) && !MongoFilter.IsOperators(id)
            ? indexes["_id_"].Lookup([id])
            : documents;
        return candidates.Where(d => MongoFilter.Matches(filter, d));
    }

    /// <summary>Adds a document, or throws <see cref="MongoError"/> 11000.</summary>
    public void Insert(BsonDocument document)
    {
        ThrowIfDuplicate(document, except: null);
        documents.Add(document);
        foreach (MongoIndex index in indexes.Values)
            index.Add(document);
    }

    /// <summary>Puts a document in the place of another, or throws <see cref="MongoError"/> 11000.</summary>
    public void Replace(BsonDocument old, BsonDocument document)
    {
        ThrowIfDuplicate(document, except: old);
        documents[documents.IndexOf(old)] = document;
        foreach (MongoIndex index in indexes.Values)
        {
            index.Remove(old);
            index.Add(document);
        }
    }

    /// <summary>Removes what the condition says; returns how many.</summary>
    public int Remove(Func<BsonDocument, bool> condition)
    {
        var gone = documents.Where(condition).ToHashSet();
        documents.RemoveAll(gone.Contains);
        foreach (MongoIndex index in indexes.Values)
        {
            foreach (BsonDocument document in gone)
                index.Remove(document);
        }

        return gone.Count;
    }

    /// <summary>Makes an index unless there is the same. Throws <see cref="MongoError"/> 85, 86 or 11000.</summary>
    public void CreateIndex(BsonDocument specification)
    {
        var index = new MongoIndex(specification);
        if (indexes.TryGetValue(index.Name, out MongoIndex? same))
        {
            if (!BsonOrder.AreEqual(same.Key, index.Key))
                throw new MongoError(MongoError.IndexKeySpecsConflict, $"An existing index has the same name as the requested index: {specification}");
            if (!same.HasOptionsOf(index))
                throw new MongoError(MongoError.IndexOptionsConflict, $"An equivalent index already exists with the same name but different options: {specification}");
            return;
        }

        if (indexes.Values.FirstOrDefault(i => BsonOrder.AreEqual(i.Key, index.Key)) is { } other)
            throw new MongoError(MongoError.IndexOptionsConflict, $"Index already exists with a different name: {other.Name}");
        foreach (BsonDocument document in documents)
        {
            ThrowIfDuplicate(document, index);
            index.Add(document);
        }

        indexes.Add(index.Name, index);
    }

    private void ThrowIfDuplicate(BsonDocument document, BsonDocument? except)
    {
        foreach (MongoIndex index in indexes.Values)
            ThrowIfDuplicate(document, index, except);
    }

    private void ThrowIfDuplicate(BsonDocument document, MongoIndex index, BsonDocument? except = null)
    {
        if (!index.IsUnique || index.Lookup(index.KeyOf(document)).FirstOrDefault() is not { } there || there == except)
            return;
        BsonDocument key = index.Named(document);
        throw new MongoError(
            MongoError.DuplicateKey,
            $"E11000 duplicate key error collection: {Name} index: {index.Name} dup key: {key}",
            new BsonDocument { { "keyPattern", index.Key }, { "keyValue", key } });
    }
}
