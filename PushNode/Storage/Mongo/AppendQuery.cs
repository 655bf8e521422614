using PushNode.Messages;
using PushNode.Storage.Mongo.Driver;

namespace PushNode.Storage.Mongo;

/// <summary>The commands by which a batch gets into the database. Used by one thread.</summary>
internal sealed class AppendQuery(Collections collections, MongoOptions options)
{
    /// <summary>How many messages go into one command, and how many bytes at most: a command ends at 16 MB.</summary>
    public const int MaxMessages = 10_000;

    public const int MaxBytes = 8 << 20;

    private const int MaxIds = 5000;
    private const int MaxIdsWithData = 100;

    private readonly BsonWriter command = new();
    private readonly long retention = (long)options.Retention.TotalMilliseconds;

    /// <summary>Which of the messages are stored: what is found, by channel and id as it is stored.</summary>
    /// <param name="pool">The database.</param>
    /// <param name="messages">The messages.</param>
    /// <param name="withData">Whether to read the data too: an answer ends at 16 MB, so fewer are asked for at a time.</param>
    /// <exception cref="MongoException">There is no answer.</exception>
    public Dictionary<(string Channel, string Id), StoredRecord> FindStored(MongoPool pool, IReadOnlyList<Message> messages, bool withData)
    {
        var found = new Dictionary<(string, string), StoredRecord>();
        foreach (Message[] part in messages.Chunk(withData ? MaxIdsWithData : MaxIds))
        {
            WriteFind(part, withData);
            pool.Read(command, reply =>
            {
                Collect(reply, found);
                return true;
            });
        }

        return found;
    }

    /// <summary>Holds each channel's gap. The answer is for all of them: when one could not be held, where the channels are has to be found out again.</summary>
    /// <exception cref="MongoException">It is not known to be written.</exception>
    public WriteReply Hold(MongoPool pool, IEnumerable<ChannelNumbering> channels, long now)
    {
        BeginInsert(ordered: false);
        foreach (ChannelNumbering channel in channels)
            MessageDocument.WriteHeld(command, channel.Channel, channel.Gap, now);
        return pool.Write(command, static reply => WriteReply.Read(reply));
    }

    /// <summary>Raises each channel's top to what its next numbers need.</summary>
    /// <exception cref="MongoException">It is not known to be written.</exception>
    public void Raise(MongoPool pool, IReadOnlyCollection<(ChannelNumbering Channel, long Top)> channels)
    {
        foreach ((ChannelNumbering Channel, long Top)[] part in channels.Chunk(MaxIds))
        {
            command.Clear();
            command.Text("update"u8, collections.Channels);
            command.Flag("ordered"u8, false);
            command.Array("updates"u8);
            foreach ((ChannelNumbering channel, long top) in part)
            {
                command.Item();
                command.Document("q"u8);
                command.Text("_id"u8, channel.Channel.Name);
                command.End();
                command.Document("u"u8);
                command.Document("$max"u8);
                command.Long("top"u8, top);
                command.Long("from"u8, channel.Head);
                command.Date("at"u8, channel.HeadTime);
                command.End();
                command.End();
                command.Flag("upsert"u8, true);
                command.End();
            }

            pool.Write(command, static reply => WriteReply.Read(reply)).ThrowIfFailed();
            foreach ((ChannelNumbering channel, long top) in part)
                channel.Raised(top);
        }
    }

    /// <summary>How many of the first messages go into one command.</summary>
    public static int CountFitting(ReadOnlySpan<AppendBatch.Waiting> pending)
    {
        const int overhead = 512;
        int bytes = 0;
        int count = 0;
        while (count < pending.Length && count < MaxMessages)
        {
            bytes += pending[count].Message.Data.Length + overhead;
            if (count > 0 && bytes > MaxBytes)
                break;
            count++;
        }

        return count;
    }

    /// <summary>Inserts the messages in order, under the numbers given; it ends at the first that cannot be.</summary>
    /// <exception cref="MongoException">There is no answer, or an error; any number of the first messages may be stored.</exception>
    public WriteReply Insert(MongoPool pool, ReadOnlySpan<AppendBatch.Waiting> messages, ReadOnlySpan<long> seqs)
    {
        BeginInsert(ordered: true);
        for (int i = 0; i < messages.Length; i++)
            MessageDocument.Write(command, messages[i].Message, seqs[i], retention);
        return pool.Write(command, static reply => WriteReply.Read(reply));
    }

    private void BeginInsert(bool ordered)
    {
        command.Clear();
        command.Text("insert"u8, collections.Messages);
        command.Flag("ordered"u8, ordered);
        command.Array("documents"u8);
    }

    // The channels are named too: a sharded cluster finds by them where to ask.
    private void WriteFind(Message[] messages, bool withData)
    {
        command.Clear();
        command.Text("find"u8, collections.Messages);
        command.Document("filter"u8);
        command.Document("c"u8);
        command.Array("$in"u8);
        foreach (string channel in messages.Select(static m => m.Channel.Name).Distinct())
            command.Item(channel);
        command.End();
        command.End();
        command.Document("_id"u8);
        command.Array("$in"u8);
        foreach (Message message in messages)
        {
            command.Item();
            command.Text("c"u8, message.Channel.Name);
            command.Text("i"u8, MessageDocument.StoredId(message));
            command.End();
        }

        command.End();
        command.End();
        command.End();
        command.Document("projection"u8);
        command.Int("s"u8, 1);
        command.Int("t"u8, 1);
        if (withData)
            command.Int("d"u8, 1);
        command.End();
        command.Text("hint"u8, "_id_");
        ReplyDocuments.EndFind(command, messages.Length, options.Timeout);
    }

    private static void Collect(BsonReader reply, Dictionary<(string, string), StoredRecord> found)
    {
        BsonReader documents = ReplyDocuments.In(reply);
        while (documents.Read())
        {
            BsonReader document = documents.Elements;
            string? channel = null, id = null;
            long? seq = null, time = null;
            byte[] data = [];
            while (document.Read())
            {
                if (document.Name.SequenceEqual("_id"u8))
                    (channel, id) = ParseId(document.Elements);
                else if (document.Name.SequenceEqual("s"u8))
                    seq = document.Number;
                else if (document.Name.SequenceEqual("t"u8))
                    time = document.Date;
                else if (document.Name.SequenceEqual("d"u8))
                    data = document.Utf8.ToArray();
            }

            if (channel is not null && id is not null)
                found[(channel, id)] = new StoredRecord(seq ?? 0, time ?? 0, data);
        }
    }

    private static (string? Channel, string? Id) ParseId(BsonReader parts)
    {
        string? channel = null, id = null;
        while (parts.Read())
        {
            if (parts.Name.SequenceEqual("c"u8))
                channel = parts.Text;
            else if (parts.Name.SequenceEqual("i"u8))
                id = parts.Text;
        }

        return (channel, id);
    }
}
