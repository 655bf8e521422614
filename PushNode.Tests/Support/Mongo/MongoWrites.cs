namespace PushNode.Tests.Support.Mongo;

/// <summary>The commands that write, each on one collection.</summary>
internal static class MongoWrites
{
    /// <summary><paramref name="rejects"/> throws <see cref="MongoError"/> for a document that may not go in.</summary>
    public static BsonDocument Insert(MongoRequest request, MongoCollection collection, Action<BsonDocument> rejects) =>
        Each(request, "documents", (document, _, _) =>
        {
            rejects(document);
            collection.Insert(MongoUpdate.WithId(document));
            return 1;
        });

    public static BsonDocument Update(MongoRequest request, MongoCollection collection)
    {
        int modified = 0;
        var upserted = new BsonArray();
        BsonDocument reply = Each(request, "updates", (statement, query, index) =>
        {
            List<BsonDocument> found = [.. collection.Find(query).Take(statement.Flag("multi") ? int.MaxValue : 1)];
            foreach (BsonDocument old in found)
            {
                if (Replace(collection, old, statement["u"]) != old)
                    modified++;
            }

            if (found.Count > 0 || !statement.Flag("upsert"))
                return found.Count;
            BsonDocument made = MongoUpdate.Insert(query, statement["u"]);
            collection.Insert(made);
            upserted.Add(new BsonDocument { { "index", index }, { "_id", made["_id"] } });
            return 1;
        });
        reply.Add("nModified", modified);
        if (upserted.Count > 0)
            reply.Add("upserted", upserted);
        return reply;
    }

    public static BsonDocument Delete(MongoRequest request, MongoCollection collection) => Each(request, "deletes", (statement, query, _) =>
    {
        var found = collection.Find(query).Take(statement.Number("limit") == 1 ? 1 : int.MaxValue).ToHashSet();
        return collection.Remove(found.Contains);
    });

    public static BsonDocument FindAndModify(MongoRequest request, MongoCollection collection)
    {
        BsonDocument body = request.Body;
        if (!body.TryGet("update", out object? update))
            throw new MongoError(MongoError.FailedToParse, "the double's findAndModify only updates");
        BsonDocument query = body["query"] as BsonDocument ?? [];
        BsonDocument? old = MongoFilter.Sort(collection.Find(query), body["sort"] as BsonDocument).FirstOrDefault();
        BsonDocument? made = old is null ? null : Replace(collection, old, update);
        var outcome = new BsonDocument { { "n", old is null ? 0 : 1 }, { "updatedExisting", old is not null } };
        if (old is null && body.Flag("upsert"))
        {
            made = MongoUpdate.Insert(query, update);
            collection.Insert(made);
            outcome["n"] = 1;
            outcome.Add("upserted", made["_id"]);
        }

        BsonDocument? value = body.Flag("new") ? made : old;
        return new BsonDocument
        {
            { "lastErrorObject", outcome },
            { "value", value is null ? null : MongoFilter.Project(value, body["fields"] as BsonDocument) },
            { "ok", 1.0 },
        };
    }

    public static BsonDocument CreateIndexes(MongoRequest request, MongoCollection collection, bool isNew)
    {
        int before = collection.Indexes;
        foreach (BsonDocument index in request.Body.Documents("indexes"))
            collection.CreateIndex(index);
        return new BsonDocument
        {
            { "numIndexesBefore", before },
            { "numIndexesAfter", collection.Indexes },
            { "createdCollectionAutomatically", isNew },
            { "ok", 1.0 },
        };
    }

    private static BsonDocument Replace(MongoCollection collection, BsonDocument old, object? update)
    {
        BsonDocument updated = MongoUpdate.Apply(update, old, inserting: false);
        if (BsonOrder.AreEqual(old, updated))
            return old;
        collection.Replace(old, updated);
        return updated;
    }

    // Carries out a batch's statements, each with its query and position; an ordered batch ends at its first error.
    private static BsonDocument Each(MongoRequest request, string name, Func<BsonDocument, BsonDocument, int, int> write)
    {
        int n = 0;
        int index = 0;
        var errors = new BsonArray();
        foreach (BsonDocument statement in request.Body.Documents(name))
        {
            try
            {
                n += write(statement, statement["q"] as BsonDocument ?? [], index);
            }
            catch (MongoError e) when (!e.EndsCommand)
            {
                errors.Add(new BsonDocument([new("index", index), new("code", e.Code), new("errmsg", e.Message), .. e.Details]));
                if (request.Body.Flag("ordered", missing: true))
                    break;
            }

            index++;
        }

        var reply = new BsonDocument { { "n", n }, { "ok", 1.0 } };
        if (errors.Count > 0)
            reply.Add("writeErrors", errors);
        return reply;
    }
}
