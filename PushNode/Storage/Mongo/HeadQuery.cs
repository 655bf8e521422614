using PushNode.Messages;
using PushNode.Storage.Mongo.Driver;

namespace PushNode.Storage.Mongo;

/// <summary>Reads where the numbering of many channels is, in one question.</summary>
internal sealed class HeadQuery(Collections collections)
{
    /// <summary>How many channels one question may name.</summary>
    public const int MaxChannels = 500;

    /// <summary>What is known of each channel, in the order asked.</summary>
    /// <exception cref="MongoException">There is no answer.</exception>
    public ChannelHead[] Read(MongoPool pool, IReadOnlyList<Channel> channels)
    {
        var found = new Dictionary<string, ChannelHead>(channels.Count, StringComparer.Ordinal);
        pool.Read(DocumentsOf(channels), reply =>
        {
            BsonReader documents = ReplyDocuments.In(reply);
            while (documents.Read())
            {
                (string? name, ChannelHead head) = Parse(documents.Elements);
                if (name is not null)
                    found[name] = head;
            }

            return true;
        });
        FindUndocumented(pool, channels, found);
        return [.. channels.Select(c => found.GetValueOrDefault(c.Name))];
    }

    // The document in channels is written before the first record. Where it is lost all the same, and records are not (a copy without that collection was put back, or the database was
    // dropped while others wrote), the newest record alone says where the numbering is. One question when there is none, which is why there is no document otherwise.
    private void FindUndocumented(MongoPool pool, IReadOnlyList<Channel> channels, Dictionary<string, ChannelHead> found)
    {
        List<string> missing = [.. channels.Select(static c => c.Name).Where(n => !found.ContainsKey(n)).Distinct()];
        while (missing.Count > 0)
        {
            (string? last, ChannelHead head) = pool.Read(NewestOfTheLast(missing), static reply => Parse(ReplyDocuments.First(reply)));
            if (last is null)
                return;
            found[last] = head;
            missing.RemoveAll(n => string.CompareOrdinal(n, last) >= 0);
        }
    }

    private BsonWriter DocumentsOf(IReadOnlyList<Channel> channels)
    {
        var command = new BsonWriter();
        command.Text("aggregate"u8, collections.Channels);
        command.Array("pipeline"u8);
        AddAmong(command, "_id"u8, channels.Select(static c => c.Name));
        command.Item();
        command.Document("$lookup"u8);
        command.Text("from"u8, collections.Messages);
        command.Text("localField"u8, "_id");
        command.Text("foreignField"u8, "c");
        command.Array("pipeline"u8);
        AddNewest(command, byChannel: false);
        command.End();
        command.Text("as"u8, "m");
        command.End();
        command.End();
        EndAggregate(command, channels.Count + 1);
        return command;
    }

    // Of those channels that have records, the last by name: what the index has at its end, so that nothing is sorted. Those behind it have none.
    private BsonWriter NewestOfTheLast(List<string> channels)
    {
        var command = new BsonWriter();
        command.Text("aggregate"u8, collections.Messages);
        command.Array("pipeline"u8);
        AddAmong(command, "c"u8, channels);
        AddNewest(command, byChannel: true);
        EndAggregate(command, 2);
        return command;
    }

    private static void AddAmong(BsonWriter command, ReadOnlySpan<byte> field, IEnumerable<string> names)
    {
        command.Item();
        command.Document("$match"u8);
        command.Document(field);
        command.Array("$in"u8);
        foreach (string name in names)
            command.Item(name);
        command.End();
        command.End();
        command.End();
        command.End();
    }

    private static void AddNewest(BsonWriter command, bool byChannel)
    {
        // What is no number of ours stands before all of them when sorted: it must not hide them.
        command.Item();
        command.Document("$match"u8);
        command.Document("s"u8);
        command.Long("$gte"u8, 1);
        command.Long("$lt"u8, Message.SeqEnd);
        command.Array("$type"u8);
        command.Item("int");
        command.Item("long");
        command.End();
        command.End();
        command.End();
        command.End();
        command.Item();
        command.Document("$sort"u8);
        if (byChannel)
            command.Int("c"u8, -1);
        command.Int("s"u8, -1);
        command.End();
        command.End();
        command.Item();
        command.Int("$limit"u8, 1);
        command.End();
        command.Item();
        command.Document("$project"u8);
        command.Int("_id"u8, 0);
        if (byChannel)
            command.Int("c"u8, 1);
        command.Int("s"u8, 1);
        command.Int("t"u8, 1);
        command.End();
        command.End();
    }

    private static void EndAggregate(BsonWriter command, int batchSize)
    {
        command.End();
        command.Document("cursor"u8);
        command.Int("batchSize"u8, batchSize);
        command.End();
    }

    // A document of channels with its newest record in m, or such a record.
    private static (string? Channel, ChannelHead Head) Parse(BsonReader document, ChannelHead head = default)
    {
        string? name = null;
        while (document.Read())
        {
            if (document.Name.SequenceEqual("_id"u8) || document.Name.SequenceEqual("c"u8))
                name = document.Text;
            else if (document.Name.SequenceEqual("top"u8))
                head = head with { Top = document.Number ?? 0 };
            else if (document.Name.SequenceEqual("from"u8))
                head = head with { From = document.Number ?? 0 };
            else if (document.Name.SequenceEqual("at"u8))
                head = head with { RaisedAt = document.Date ?? 0 };
            else if (document.Name.SequenceEqual("s"u8))
                head = head with { Newest = document.Number ?? 0 };
            else if (document.Name.SequenceEqual("t"u8))
                head = head with { NewestTime = document.Date ?? 0 };
            else if (document.Name.SequenceEqual("m"u8) && document.Elements is var records && records.Read())
                head = Parse(records.Elements, head).Head;
        }

        return (name, head);
    }
}
