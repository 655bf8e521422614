using PushNode.Storage.Mongo.Driver;

namespace PushNode.Storage.Mongo;

/// <summary>Reads and writes since when users' tokens are void: <c>{ _id: user, b: before }</c>.</summary>
internal sealed class RevocationQuery(Collections collections)
{
    /// <summary>How many one answer holds.</summary>
    public const int Page = 10_000;

    /// <summary>Never moves backward.</summary>
    /// <exception cref="MongoException">It is not known to be written.</exception>
    public bool Write(MongoPool pool, string userId, long before)
    {
        var command = new BsonWriter();
        command.Text("update"u8, collections.Revocations);
        command.Array("updates"u8);
        command.Item();
        command.Document("q"u8);
        command.Text("_id"u8, userId);
        command.End();
        command.Document("u"u8);
        command.Document("$max"u8);
        command.Date("b"u8, before);
        command.End();
        command.End();
        command.Flag("upsert"u8, true);
        pool.Write(command, static reply => WriteReply.Read(reply)).ThrowIfFailed();
        return true;
    }

    /// <summary>Those of users behind the one named, in the order of their ids; fewer than <see cref="Page"/> when there are no more.</summary>
    /// <exception cref="MongoException">There is no answer.</exception>
    public List<KeyValuePair<string, long>> List(MongoPool pool, string after)
    {
        var command = new BsonWriter();
        command.Text("find"u8, collections.Revocations);
        command.Document("filter"u8);
        command.Document("_id"u8);
        command.Text("$gt"u8, after);
        command.End();
        command.End();
        command.Document("sort"u8);
        command.Int("_id"u8, 1);
        command.End();
        ReplyDocuments.EndFind(command, Page);
        return pool.Read(command, static reply =>
        {
            var found = new List<KeyValuePair<string, long>>();
            BsonReader documents = ReplyDocuments.In(reply);
            while (documents.Read())
            {
                BsonReader document = documents.Elements;
                string? user = null;
                long? before = null;
                while (document.Read())
                {
                    if (document.Name.SequenceEqual("_id"u8))
                        user = document.Text;
                    else if (document.Name.SequenceEqual("b"u8))
                        before = document.Date;
                }

                if (user is not null && before is { } time)
                    found.Add(new(user, time));
            }

            return found;
        });
    }
}
