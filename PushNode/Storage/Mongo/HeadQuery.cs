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
        var places = new Dictionary<string, int>(channels.Count, StringComparer.Ordinal);
        for (int i = 0; i < channels.Count; i++)
            places[channels[i].Name] = i;
        var heads = new ChannelHead[channels.Count];
        pool.Read(Command(channels), reply =>
        {
            BsonReader documents = ReplyDocuments.In(reply);
            while (documents.Read())
            {
                (string? name, ChannelHead head) = Parse(documents.Elements);
                if (name is not null && places.TryGetValue(name, out int place))
                    heads[place] = head;
            }

            return true;
        });

        // A channel that was asked for twice.
        for (int i = 0; i < channels.Count; i++)
            heads[i] = heads[places[channels[i].Name]];
        return heads;
    }

    // Every channel that has a record has a document in channels, as that is written first.
    private BsonWriter Command(IReadOnlyList<Channel> channels)
    {
        var command = new BsonWriter();
        command.Text("aggregate"u8, collections.Channels);
        command.Array("pipeline"u8);
        command.Item();
        command.Document("$match"u8);
        command.Document("_id"u8);
        command.Array("$in"u8);
        foreach (Channel channel in channels)
            command.Item(channel.Name);
        command.End();
        command.End();
        command.End();
        command.End();
        command.Item();
        command.Document("$lookup"u8);
        command.Text("from"u8, collections.Messages);
        command.Text("localField"u8, "_id");
        command.Text("foreignField"u8, "c");
        command.Array("pipeline"u8);
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
        command.Int("s"u8, -1);
        command.End();
        command.End();
        command.Item();
        command.Int("$limit"u8, 1);
        command.End();
        command.Item();
        command.Document("$project"u8);
        command.Int("_id"u8, 0);
        command.Int("s"u8, 1);
        command.Int("t"u8, 1);
        command.End();
        command.End();
        command.End();
        command.Text("as"u8, "m");
        command.End();
        command.End();
        command.End();
        command.Document("cursor"u8);
        command.Int("batchSize"u8, channels.Count + 1);
        command.End();
        return command;
    }

    private static (string? Channel, ChannelHead Head) Parse(BsonReader document)
    {
        string? name = null;
        var head = new ChannelHead();
        while (document.Read())
        {
            if (document.Name.SequenceEqual("_id"u8))
                name = document.Text;
            else if (document.Name.SequenceEqual("top"u8))
                head = head with { Top = document.Number ?? 0 };
            else if (document.Name.SequenceEqual("from"u8))
                head = head with { From = document.Number ?? 0 };
            else if (document.Name.SequenceEqual("at"u8))
                head = head with { RaisedAt = document.Date ?? 0 };
            else if (document.Name.SequenceEqual("m"u8))
                head = WithNewest(head, document.Elements);
        }

        return (name, head);
    }

    private static ChannelHead WithNewest(ChannelHead head, BsonReader found)
    {
        if (!found.Read())
            return head;
        BsonReader newest = found.Elements;
        while (newest.Read())
        {
            if (newest.Name.SequenceEqual("s"u8))
                head = head with { Newest = newest.Number ?? 0 };
            else if (newest.Name.SequenceEqual("t"u8))
                head = head with { NewestTime = newest.Date ?? 0 };
        }

        return head;
    }
}
