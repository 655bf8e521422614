using PushNode.Messages;
using PushNode.Storage.Mongo.Driver;

namespace PushNode.Storage.Mongo;

/// <summary>
/// Makes the database ready, and reads its epoch. Everything is made where it is missing, and checked where it is there. Several nodes may do so at once.
/// </summary>
internal sealed class MongoSetup(Collections collections, HeadQuery heads)
{
    /// <summary>The name of the unique index on (channel, number).</summary>
    public const string NumberIndex = "c_s";

    private const int SchemaVersion = 1;
    private const string MetaId = "store";
    private const int DuplicateKey = 11000;
    private const int IndexOptionsConflict = 85;
    private const int IndexKeySpecsConflict = 86;
    private const int NamespaceExists = 48;

    /// <summary>The epoch of a database that has been made ready.</summary>
    /// <exception cref="MongoException">It could not be made ready.</exception>
    /// <exception cref="MongoSetupException">It never will, as it is.</exception>
    public string Prepare(MongoPool pool)
    {
        pool.Greet();
        string? epoch = ReadEpoch(pool);
        if (epoch is null && pool.Read(FindOne(collections.Messages), static reply => IsForeign(ReplyDocuments.First(reply))))
            throw new MongoSetupException($"its collection {collections.Messages} holds documents that PushNode has not written: set Mongo:Database to another one, or Mongo:CollectionPrefix");
        CreateIndexes(pool);
        TryHeads(pool);
        return epoch ?? MakeEpoch(pool, Epochs.Create(), renew: false);
    }

    /// <summary>The epoch, or null when the database has not been made ready.</summary>
    /// <exception cref="MongoException">It could not be read.</exception>
    /// <exception cref="MongoSetupException">The database is of a later version.</exception>
    public string? ReadEpoch(MongoPool pool)
    {
        var command = new BsonWriter();
        command.Text("find"u8, collections.Meta);
        command.Document("filter"u8);
        command.Text("_id"u8, MetaId);
        command.End();
        ReplyDocuments.EndFind(command, 1);
        (string? epoch, long? schema) = pool.Read(command, static reply => ReadMeta(ReplyDocuments.First(reply)));
        return schema is null or SchemaVersion
            ? epoch
            : throw new MongoSetupException($"its messages were written by a later version of PushNode (schema {schema}, this one knows {SchemaVersion}): run that one");
    }

    /// <summary>Begins a new epoch and returns it. A copy that was put back may lack the indexes, so they are made too.</summary>
    /// <exception cref="MongoException">It is not known to be written.</exception>
    /// <exception cref="MongoSetupException">The database cannot be used as it is.</exception>
    public string RenewEpoch(MongoPool pool)
    {
        CreateIndexes(pool);
        return MakeEpoch(pool, Epochs.Create(), renew: true);
    }

    /// <summary>Writes something that does not matter, to find out whether the database takes writes.</summary>
    /// <exception cref="MongoException">It does not.</exception>
    public void Probe(MongoPool pool, long now)
    {
        var command = new BsonWriter();
        command.Text("update"u8, collections.Meta);
        command.Array("updates"u8);
        command.Item();
        command.Document("q"u8);
        command.Text("_id"u8, "probe");
        command.End();
        command.Document("u"u8);
        command.Document("$set"u8);
        command.Date("t"u8, now);
        command.End();
        command.End();
        command.Flag("upsert"u8, true);
        pool.Write(command, static reply => WriteReply.Read(reply)).ThrowIfFailed();
    }

    // Asks what only a recent server understands, before messages depend on it.
    private void TryHeads(MongoPool pool)
    {
        try
        {
            heads.Read(pool, [Channel.All]);
        }
        catch (MongoException e) when (e is { IsOfServer: true, IsPassing: false, IsRefusal: false })
        {
            throw new MongoSetupException($"it has to be MongoDB 5.0 or later, a sharded cluster 5.1 or later ({e.Message})");
        }
    }

    private void CreateIndexes(MongoPool pool)
    {
        var messages = new BsonWriter();
        messages.Text("createIndexes"u8, collections.Messages);
        messages.Array("indexes"u8);
        messages.Item();
        messages.Document("key"u8);
        messages.Int("c"u8, 1);
        messages.Int("s"u8, 1);
        messages.End();
        messages.Text("name"u8, NumberIndex);
        messages.Flag("unique"u8, true);
        messages.End();
        AddLapseIndex(messages);
        Create(pool, messages, collections.Messages);

        var cursors = new BsonWriter();
        cursors.Text("createIndexes"u8, collections.Cursors);
        cursors.Array("indexes"u8);
        AddLapseIndex(cursors);
        Create(pool, cursors, collections.Cursors);
    }

    // Documents are removed at the time that stands in their x.
    private static void AddLapseIndex(BsonWriter command)
    {
        command.Item();
        command.Document("key"u8);
        command.Int("x"u8, 1);
        command.End();
        command.Text("name"u8, "x");
        command.Int("expireAfterSeconds"u8, 0);
        command.End();
    }

    private static void Create(MongoPool pool, BsonWriter command, string collection)
    {
        try
        {
            pool.Write(command, static reply => WriteReply.Read(reply)).ThrowIfFailed();
        }
        catch (MongoException e) when (e.Code is IndexOptionsConflict or IndexKeySpecsConflict)
        {
            throw new MongoSetupException($"its collection {collection} has an index that clashes with one that PushNode needs: drop that index, or set Mongo:CollectionPrefix ({e.Message})");
        }
        catch (MongoException e) when (e.Code == DuplicateKey)
        {
            throw new MongoSetupException($"its collection {collection} holds documents that PushNode has not written, or not alone: set Mongo:Database to another one, or Mongo:CollectionPrefix ({e.Message})");
        }
        catch (MongoException e) when (e.Code == NamespaceExists)
        {
            // Another node makes the collection at this moment, and its indexes with it.
            pool.Write(command, static reply => WriteReply.Read(reply)).ThrowIfFailed();
        }
    }

    private string MakeEpoch(MongoPool pool, string epoch, bool renew)
    {
        var command = new BsonWriter();
        command.Text("findAndModify"u8, collections.Meta);
        command.Document("query"u8);
        command.Text("_id"u8, MetaId);
        command.End();
        command.Document("update"u8);
        command.Document(renew ? "$set"u8 : "$setOnInsert"u8);
        command.Text("epoch"u8, epoch);
        command.Int("schema"u8, SchemaVersion);
        command.End();
        command.End();
        command.Flag("upsert"u8, true);
        command.Flag("new"u8, true);
        (WriteReply outcome, string? made) = pool.Write(command, static reply => (WriteReply.Read(reply), reply.Find("value"u8) ? ReadMeta(reply.Elements).Epoch : null));
        outcome.ThrowIfFailed();
        return made ?? throw new MongoSetupException($"its collection {collections.Meta} holds a document '{MetaId}' that PushNode has not written: set Mongo:Database to another one, or Mongo:CollectionPrefix");
    }

    private static bool IsForeign(BsonReader document)
    {
        bool any = false, hasChannel = false, hasNumber = false;
        while (document.Read())
        {
            any = true;
            hasChannel |= document.Name.SequenceEqual("c"u8) && document.Text is not null;
            hasNumber |= document.Name.SequenceEqual("s"u8) && document.Number is not null;
        }

        return any && !(hasChannel && hasNumber);
    }

    private static (string? Epoch, long? Schema) ReadMeta(BsonReader document)
    {
        string? epoch = null;
        long? schema = null;
        while (document.Read())
        {
            if (document.Name.SequenceEqual("epoch"u8))
                epoch = document.Text;
            else if (document.Name.SequenceEqual("schema"u8))
                schema = document.Number;
        }

        return (epoch, schema);
    }

    private static BsonWriter FindOne(string collection)
    {
        var command = new BsonWriter();
        command.Text("find"u8, collection);
        ReplyDocuments.EndFind(command, 1);
        return command;
    }
}
