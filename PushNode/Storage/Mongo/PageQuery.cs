using PushNode.Messages;
using PushNode.Storage.Mongo.Driver;

namespace PushNode.Storage.Mongo;

/// <summary>Reads a stretch of a channel, in the order of the numbers.</summary>
internal sealed class PageQuery(Collections collections, MongoOptions options, ILogger<PageQuery> logger)
{
    private const int MinRecords = 8;
    private const int MaxRecords = 2000;

    // The server ends a reply at 16 MB whatever was asked for, before the record that would not fit; a record has data and up to some hundred bytes beside.
    private const int FullReply = (16 << 20) - MongoOptions.MaxDataBytes - (64 << 10);

    // How long records are on average, by the pages read so far: a guess of how many make a page.
    private int usualLength = 512;

    /// <summary>Reads what has a number above <paramref name="after"/>, until there are <paramref name="maxBytes"/> of frames, at least one if there is any.</summary>
    /// <exception cref="MongoException">There is no answer.</exception>
    public PageFound Read(MongoPool pool, Channel channel, long after, int maxBytes, long now)
    {
        int limit = Math.Clamp(maxBytes / usualLength, MinRecords, MaxRecords) + 1;
        return pool.Read(Command(channel, after, limit), reply => Take(reply, channel, after, maxBytes, limit, now));
    }

    /// <summary>Reads the message with the number; null when there is none or it has expired.</summary>
    /// <exception cref="MongoException">There is no answer.</exception>
    public Message? Find(MongoPool pool, Channel channel, long seq, long now)
    {
        var command = new BsonWriter();
        command.Text("find"u8, collections.Messages);
        command.Document("filter"u8);
        command.Text("c"u8, channel.Name);
        command.Long("s"u8, seq);
        command.End();
        ReplyDocuments.EndFind(command, 1, options.Timeout);
        return pool.Read(command, reply => MessageDocument.Read(ReplyDocuments.First(reply), channel, now).Message);
    }

    // The record of the number itself is asked for, too: when nothing follows it, it tells whether that is all there is.
    private BsonWriter Command(Channel channel, long after, int limit)
    {
        var command = new BsonWriter();
        command.Text("find"u8, collections.Messages);
        command.Document("filter"u8);
        command.Text("c"u8, channel.Name);
        command.Document("s"u8);
        command.Long("$gte"u8, after);
        command.End();
        command.End();
        command.Document("sort"u8);
        command.Int("s"u8, 1);
        command.End();
        ReplyDocuments.EndFind(command, limit, options.Timeout);
        return command;
    }

    private PageFound Take(BsonReader reply, Channel channel, long after, int maxBytes, int limit, long now)
    {
        var messages = new List<Message>();
        long through = after, last = 0, lastTime = 0;
        int records = 0, length = 0, bytes = 0;
        bool isFull = false;
        BsonReader documents = ReplyDocuments.In(reply);
        while (documents.Read())
        {
            MessageDocument record = MessageDocument.Read(documents.Elements, channel, now);
            records++;
            length += documents.Value.Length;
            if (record.IsForeign)
                logger.ForeignDocument(record.Seq, channel.Name);
            last = Math.Max(last, record.Seq);
            lastTime = record.Time;
            int frame = record.Message?.Frame.Length ?? 0;
            isFull |= messages.Count > 0 && bytes + frame > maxBytes;
            if (isFull || record.Seq <= after)
                continue;
            through = record.Seq;
            bytes += frame;
            if (record.Message is not null)
                messages.Add(record.Message);
        }

        if (records > 0)
            usualLength = Math.Max(64, ((usualLength * 7) + (length / records)) / 8);
        bool isEnd = records < limit && length < FullReply;
        return new PageFound(messages, through, last, lastTime, isEnd && !isFull);
    }
}
