namespace PushNode.Tests.Support.Mongo;

/// <summary>What the server has: collections, the outcomes of retryable writes, and what of it is committed by a majority. One lock is around all of it.</summary>
/// <param name="isReplicaSet">Only then a write may be a retryable one.</param>
internal sealed class MongoState(bool isReplicaSet)
{
    private readonly Lock access = new();
    private readonly List<Action<BsonDocument>> rejections = [];
    private Dictionary<string, MongoCollection> collections = [];
    private Dictionary<string, BsonDocument> outcomes = [];
    private bool isPrimary = true;
    private long elections = 1;
    private MajorityPoint? stuck;
    private MajorityPoint? marked;
    private bool movesByWriting;

    /// <summary>The id of the election that has made it primary, which grows.</summary>
    public BsonObjectId Election => new($"{Interlocked.Read(ref elections):x24}");

    /// <summary>Whether commands are carried out, or answered 10107.</summary>
    public bool IsPrimary
    {
        get
        {
            lock (access)
                return isPrimary;
        }

        set
        {
            lock (access)
            {
                if (value && !isPrimary)
                    elections++;
                isPrimary = value;
            }
        }
    }

    /// <summary>Whether the majority commit point stands still.</summary>
    public bool Lag
    {
        get
        {
            lock (access)
                return stuck is not null;
        }

        set
        {
            lock (access)
            {
                if (value)
                {
                    stuck ??= Copy();
                    return;
                }

                stuck?.Moved.SetResult();
                stuck = null;
            }
        }
    }

    /// <summary>Remembers what there is, for <see cref="ElectBehind"/>.</summary>
    public void Mark()
    {
        lock (access)
            marked = Copy();
    }

    /// <summary>
    /// Another server is elected, and knows no more to be held by a majority than there was when it was marked, though all of it is; until something is
    /// written to it.
    /// </summary>
    public void ElectBehind()
    {
        lock (access)
        {
            stuck = marked ?? throw new InvalidOperationException("nothing was marked");
            movesByWriting = true;
            elections++;
        }
    }

    /// <summary>Takes back what no majority has; those who wait for a majority wait on.</summary>
    public void RollBack()
    {
        lock (access)
        {
            if (stuck is null)
                throw new InvalidOperationException("without lag there is nothing to roll back");
            collections = stuck.Collections;
            outcomes = stuck.Outcomes;
            stuck = null;
            elections++;
        }
    }

    /// <summary>Has this called with each document to insert; it throws <see cref="MongoError"/> to refuse one.</summary>
    public void Reject(Action<BsonDocument> rejection)
    {
        lock (access)
            rejections.Add(rejection);
    }

    public void RejectNothing()
    {
        lock (access)
            rejections.Clear();
    }

    /// <summary>The documents of the collections of this name, in every database, in the order they came.</summary>
    public IReadOnlyList<BsonDocument> Documents(string collection)
    {
        lock (access)
            return [.. Named(collection).SelectMany(c => c.Documents)];
    }

    /// <summary>Removes documents of the collections of this name; returns how many.</summary>
    public int Remove(string collection, Func<BsonDocument, bool> condition)
    {
        lock (access)
            return Named(collection).Sum(c => c.Remove(condition));
    }

    /// <summary>Carries the command out, or throws <see cref="MongoError"/>. The task ends when a majority has what has been written till now.</summary>
    public (BsonDocument Reply, Task Committed) Execute(MongoRequest request)
    {
        lock (access)
        {
            if (!isPrimary)
                throw new MongoError(MongoError.NotWritablePrimary, "not primary");
            if (request.Transaction is not null && !isReplicaSet)
                throw new MongoError(MongoError.IllegalOperation, "Transaction numbers are only allowed on a replica set member or mongos");
            BsonDocument? reply = null;
            if (request.Transaction is { } transaction && !outcomes.TryGetValue(transaction, out reply))
                outcomes[transaction] = reply = Run(request);
            reply ??= Run(request);
            if (movesByWriting && request.Command is ("insert" or "update" or "findAndModify"))
            {
                movesByWriting = false;
                stuck = null;
            }

            return (new BsonDocument(reply), stuck?.Moved.Task ?? Task.CompletedTask);
        }
    }

    private MajorityPoint Copy() => new(collections.ToDictionary(c => c.Key, c => c.Value.Copy()), new(outcomes));

    private BsonDocument Run(MongoRequest request)
    {
        switch (request.Command)
        {
            case "insert": return MongoWrites.Insert(request, Collection(request.Namespace), d => rejections.ForEach(r => r(d)));
            case "update": return MongoWrites.Update(request, Collection(request.Namespace));
            case "delete": return MongoWrites.Delete(request, Collection(request.Namespace));
            case "findAndModify": return MongoWrites.FindAndModify(request, Collection(request.Namespace));
            case "createIndexes":
                bool isNew = !collections.ContainsKey(request.Namespace);
                return MongoWrites.CreateIndexes(request, Collection(request.Namespace), isNew);
            case "find": return new MongoReads(Source(request)).Find(request);
            case "aggregate": return new MongoReads(Source(request)).Aggregate(request);
            case "dropDatabase":
                foreach (string name in collections.Keys.Where(n => n.StartsWith($"{request.Database}.", StringComparison.Ordinal)).ToArray())
                    collections.Remove(name);
                return new BsonDocument { { "dropped", request.Database }, { "ok", 1.0 } };
            default: throw new MongoError(MongoError.CommandNotFound, $"no such command: '{request.Command}'");
        }
    }

    // Where this read looks: at what a majority has, if it says so.
    private Func<string, BsonDocument, IEnumerable<BsonDocument>> Source(MongoRequest request)
    {
        Dictionary<string, MongoCollection> seen = stuck is not null && (request.Body.At("readConcern.level") as string) == "majority" ? stuck.Collections : collections;
        return (name, filter) => seen.TryGetValue(name, out MongoCollection? collection) ? collection.Find(filter) : [];
    }

    private MongoCollection Collection(string name)
    {
        if (!collections.TryGetValue(name, out MongoCollection? collection))
            collections[name] = collection = new MongoCollection(name);
        return collection;
    }

    private IEnumerable<MongoCollection> Named(string collection) => collections.Values.Where(c => c.Name.EndsWith($".{collection}", StringComparison.Ordinal));

    private sealed record MajorityPoint(Dictionary<string, MongoCollection> Collections, Dictionary<string, BsonDocument> Outcomes)
    {
        public TaskCompletionSource Moved { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
