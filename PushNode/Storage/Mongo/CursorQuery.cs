using PushNode.Messages;
using PushNode.Storage.Cursors;
using PushNode.Storage.Mongo.Driver;

namespace PushNode.Storage.Mongo;

/// <summary>Reads and writes the devices' cursors: <c>{ _id: {c: channel, u: user, d: device}, e: epoch, s: seq, x: removed }</c>.</summary>
internal sealed class CursorQuery(Collections collections, MongoOptions options)
{
    /// <summary>How many cursors one question may name.</summary>
    public const int MaxCursors = 1000;

    /// <summary>Where the devices are, in the order asked.</summary>
    /// <exception cref="MongoException">There is no answer.</exception>
    public long?[][] Read(MongoPool pool, IReadOnlyList<CursorAsk> asks, string epoch)
    {
        int count = asks.Sum(static a => a.Channels.Count);
        Dictionary<CursorKey, long> found = count == 0 ? [] : pool.Read(FindCommand(asks, count), reply => Parse(reply, epoch));
        return [.. asks.Select(ask => ask.Channels.Select(channel => found.TryGetValue(new CursorKey(ask.UserId, ask.Device, channel), out long seq) ? seq : (long?)null).ToArray())];
    }

    /// <summary>The devices with a cursor of the epoch in the channel.</summary>
    /// <exception cref="MongoException">There is no answer.</exception>
    public List<DeviceCursor> List(MongoPool pool, Channel channel, int limit, string epoch)
    {
        var command = new BsonWriter();
        command.Text("find"u8, collections.Cursors);
        command.Document("filter"u8);
        command.Document("_id"u8);
        command.Document("$gte"u8);
        command.Text("c"u8, channel.Name);
        command.End();
        command.Document("$lte"u8);
        command.Text("c"u8, channel.Name);
        command.MaxKey("u"u8);
        command.End();
        command.End();
        command.Text("e"u8, epoch);
        command.End();
        ReplyDocuments.EndFind(command, limit, options.Timeout);
        return [.. pool.Read(command, reply => Parse(reply, epoch)).Select(static c => new DeviceCursor(c.Key.UserId, c.Key.Device, c.Value))];
    }

    /// <summary>Moves cursors forward; one of another epoch is replaced.</summary>
    /// <exception cref="MongoException">It is not known to be written.</exception>
    public void Write(MongoPool pool, CursorChunk chunk, long now)
    {
        var command = new BsonWriter();
        command.Text("update"u8, collections.Cursors);
        command.Flag("ordered"u8, false);
        command.Array("updates"u8);
        long removed = now + (long)options.CursorRetention.TotalMilliseconds;
        foreach (CursorMove move in chunk.Moves)
            WriteMove(command, move, chunk.Epoch, removed);
        pool.Write(command, static reply => WriteReply.Read(reply)).ThrowIfFailed();
    }

    private static void WriteMove(BsonWriter command, in CursorMove move, string epoch, long removed)
    {
        command.Item();
        command.Document("q"u8);
        WriteId(command, "_id"u8, move.Key.UserId, move.Key.Device, move.Key.Channel);
        command.End();
        command.Array("u"u8);
        command.Item();
        command.Document("$set"u8);
        command.Document("s"u8);
        command.Array("$cond"u8);
        command.Item();
        command.Array("$eq"u8);
        command.Item("$e");
        command.Item(epoch);
        command.End();
        command.End();
        command.Item();
        command.Array("$max"u8);
        command.Item("$s");
        command.Item(move.Seq);
        command.End();
        command.End();
        command.Item(move.Seq);
        command.End();
        command.End();
        command.Text("e"u8, epoch);
        command.Date("x"u8, removed);
        command.End();
        command.End();
        command.End();
        command.Flag("upsert"u8, true);
        command.End();
    }

    private static void WriteId(BsonWriter command, ReadOnlySpan<byte> name, string userId, string device, Channel channel)
    {
        command.Document(name);
        command.Text("c"u8, channel.Name);
        command.Text("u"u8, userId);
        command.Text("d"u8, device);
        command.End();
    }

    private BsonWriter FindCommand(IReadOnlyList<CursorAsk> asks, int count)
    {
        var command = new BsonWriter();
        command.Text("find"u8, collections.Cursors);
        command.Document("filter"u8);
        command.Document("_id"u8);
        command.Array("$in"u8);
        foreach (CursorAsk ask in asks)
        {
            foreach (Channel channel in ask.Channels)
            {
                command.Item();
                command.Text("c"u8, channel.Name);
                command.Text("u"u8, ask.UserId);
                command.Text("d"u8, ask.Device);
                command.End();
            }
        }

        command.End();
        command.End();
        command.End();
        ReplyDocuments.EndFind(command, count, options.Timeout);
        return command;
    }

    private static Dictionary<CursorKey, long> Parse(BsonReader reply, string epoch)
    {
        var found = new Dictionary<CursorKey, long>();
        BsonReader documents = ReplyDocuments.In(reply);
        while (documents.Read())
        {
            BsonReader document = documents.Elements;
            CursorKey? key = null;
            long? seq = null;
            bool isOurs = false;
            while (document.Read())
            {
                if (document.Name.SequenceEqual("_id"u8))
                    key = ParseKey(document.Elements);
                else if (document.Name.SequenceEqual("s"u8))
                    seq = document.Number;
                else if (document.Name.SequenceEqual("e"u8))
                    isOurs = document.Text == epoch;
            }

            if (key is { } whose && seq is { } at)
                found[whose] = isOurs ? at : DeviceCursor.OfEarlierEpoch;
        }

        return found;
    }

    private static CursorKey? ParseKey(BsonReader id)
    {
        string? user = null, device = null, name = null;
        while (id.Read())
        {
            if (id.Name.SequenceEqual("c"u8))
                name = id.Text;
            else if (id.Name.SequenceEqual("u"u8))
                user = id.Text;
            else if (id.Name.SequenceEqual("d"u8))
                device = id.Text;
        }

        return user is not null && device is not null && Channel.TryParse(name, out Channel channel) ? new CursorKey(user, device, channel) : null;
    }
}
