using PushNode.Messages;
using PushNode.Storage.Mongo.Driver;

namespace PushNode.Storage.Mongo;

/// <summary>
/// A message as it is stored:
/// <code>
/// { _id: {c: "user:alice", i: "order-7"}, c: "user:alice", s: 42, t: accepted, e: expires, x: removed, l: "label", d: "{\"text\":\"hi\"}" }
/// </code>
/// An id that was not the producer's begins with <c>~</c>, which no producer's can. A number that is only held (see <see cref="ChannelHead"/>) has a document without
/// data.
/// </summary>
/// <param name="Seq">The number.</param>
/// <param name="Time">When the message was accepted, in Unix milliseconds; 0 for a number that is only held.</param>
/// <param name="Message">The message; null when it has expired, the number is only held, or the document is none of PushNode's.</param>
/// <param name="IsForeign">Whether the document is none of PushNode's.</param>
internal readonly record struct MessageDocument(long Seq, long Time, Message? Message, bool IsForeign)
{
    private const char Generated = '~';
    private const char Held = '#';

    /// <summary>How the id stands in the document.</summary>
    public static string StoredId(Message message) => message.HasProducerId ? message.Id : Generated + message.Id;

    /// <summary>Writes the document as the next element of an array.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="message">The message.</param>
    /// <param name="seq">Its number.</param>
    /// <param name="retention">How long it is kept at most, in milliseconds.</param>
    public static void Write(BsonWriter target, Message message, long seq, long retention)
    {
        long expires = Math.Min(message.Expires, message.Time + retention);
        target.Item();
        WriteId(target, "_id"u8, message.Channel, StoredId(message));
        target.Text("c"u8, message.Channel.Name);
        target.Long("s"u8, seq);
        target.Date("t"u8, message.Time);
        target.Date("e"u8, expires);
        target.Date("x"u8, Math.Max(expires, message.Time + (long)MongoOptions.MinKept.TotalMilliseconds));
        if (message.Label is not null)
            target.Text("l"u8, message.Label);
        target.Text("d"u8, message.Data.Span);
        target.End();
    }

    /// <summary>Writes a document that holds a number, as the next element of an array.</summary>
    public static void WriteHeld(BsonWriter target, Channel channel, long seq, long now)
    {
        target.Item();
        WriteId(target, "_id"u8, channel, $"{Held}{seq}");
        target.Text("c"u8, channel.Name);
        target.Long("s"u8, seq);
        target.Date("t"u8, 0);
        target.Date("x"u8, now + (long)MongoOptions.MinKept.TotalMilliseconds);
        target.End();
    }

    /// <summary>Writes the <c>_id</c> of a message as an element of a document.</summary>
    public static void WriteId(BsonWriter target, ReadOnlySpan<byte> name, Channel channel, string storedId)
    {
        target.Document(name);
        target.Text("c"u8, channel.Name);
        target.Text("i"u8, storedId);
        target.End();
    }

    /// <summary>Reads a document of a channel's.</summary>
    /// <param name="document">The document.</param>
    /// <param name="channel">The channel.</param>
    /// <param name="now">What has expired by then is passed over.</param>
    public static MessageDocument Read(BsonReader document, Channel channel, long now)
    {
        long? seq = null, time = null, expires = null;
        string? id = null, label = null;
        ReadOnlySpan<byte> data = default;
        while (document.Read())
        {
            switch (document.Name)
            {
                case [(byte)'_', (byte)'i', (byte)'d']:
                    BsonReader parts = document.Elements;
                    id = parts.Find("i"u8) ? parts.Text : null;
                    break;
                case [(byte)'s']:
                    seq = document.Number;
                    break;
                case [(byte)'t']:
                    time = document.Date;
                    break;
                case [(byte)'e']:
                    expires = document.Date;
                    break;
                case [(byte)'l']:
                    label = document.Text;
                    break;
                case [(byte)'d']:
                    data = document.Utf8;
                    break;
                default:
                    break;
            }
        }

        if (seq is not { } number)
            return new MessageDocument(0, 0, null, IsForeign: true);
        if (id is [Held, ..])
            return new MessageDocument(number, 0, null, IsForeign: false);
        bool isWhole = time is not null && expires is not null && !data.IsEmpty && id is not null && Names.IsId(id.AsSpan().TrimStart(Generated)) && (label is null || Names.IsWord(label));
        if (!isWhole)
            return new MessageDocument(number, time ?? 0, null, IsForeign: true);
        if (expires <= now)
            return new MessageDocument(number, time!.Value, null, IsForeign: false);
        bool generated = id![0] == Generated;
        var message = new Message(channel, generated ? id[1..] : id, time!.Value, expires!.Value, label, data) { HasProducerId = !generated };
        message.Accept(number);
        return new MessageDocument(number, time.Value, message, IsForeign: false);
    }
}
