using System.Buffers.Binary;
using System.Text;
using PushNode.Messages;

namespace PushNode.Storage.Journal;

/// <summary>
/// The payload of a message's record, read where it lies.
/// <code>
///  0  kind, 1              4  length of the fields (2)     16  time, Unix ms
///  1  flags                6  zero (2)                     24  expires, Unix ms
///  2  length of channel    8  seq                          32  channel, id, fields, data (to the end)
///  3  length of id
/// </code>
/// A field is a tag, a length and that many bytes. A reader passes over tags it does not know, so that later versions add fields and older files, and
/// older readers, keep working.
/// </summary>
internal readonly ref struct MessageRecord
{
    /// <summary>The shortest record of a message, framing included: what bounds how many a lost stretch can have held.</summary>
    public const int MinLength = RecordFraming.HeaderLength + FixedLength + 1;

    private const byte Kind = 1;
    private const byte ProducerIdFlag = 1;
    private const byte LabelTag = 1;
    private const int FixedLength = 32;
    private const int FieldHeader = 2;

    private readonly ReadOnlySpan<byte> payload;

    private MessageRecord(ReadOnlySpan<byte> payload) => this.payload = payload;

    public bool HasProducerId => (payload[1] & ProducerIdFlag) != 0;

    public long Seq => BinaryPrimitives.ReadInt64LittleEndian(payload[8..]);

    public long Time => BinaryPrimitives.ReadInt64LittleEndian(payload[16..]);

    public long Expires => BinaryPrimitives.ReadInt64LittleEndian(payload[24..]);

    public ReadOnlySpan<byte> Channel => payload.Slice(FixedLength, payload[2]);

    public ReadOnlySpan<byte> Id => payload.Slice(FixedLength + payload[2], payload[3]);

    private ReadOnlySpan<byte> Fields => payload.Slice(FixedLength + payload[2] + payload[3], BinaryPrimitives.ReadUInt16LittleEndian(payload[4..]));

    private ReadOnlySpan<byte> Data => payload[(FixedLength + payload[2] + payload[3] + BinaryPrimitives.ReadUInt16LittleEndian(payload[4..]))..];

    /// <summary>How long the message's record is, framing included.</summary>
    public static int LengthOf(Message message) =>
        RecordFraming.HeaderLength + FixedLength + message.Channel.Name.Length + message.Id.Length + FieldsLengthOf(message) + message.Data.Length;

    /// <summary>Writes the whole record, framing included, into exactly <see cref="LengthOf"/> bytes.</summary>
    public static void Write(Span<byte> record, Message message, long seq)
    {
        Span<byte> payload = record[RecordFraming.HeaderLength..];
        payload[0] = Kind;
        payload[1] = message.HasProducerId ? ProducerIdFlag : (byte)0;
        payload[2] = (byte)message.Channel.Name.Length;
        payload[3] = (byte)message.Id.Length;
        BinaryPrimitives.WriteUInt16LittleEndian(payload[4..], (ushort)FieldsLengthOf(message));
        BinaryPrimitives.WriteUInt16LittleEndian(payload[6..], 0);
        BinaryPrimitives.WriteInt64LittleEndian(payload[8..], seq);
        BinaryPrimitives.WriteInt64LittleEndian(payload[16..], message.Time);
        BinaryPrimitives.WriteInt64LittleEndian(payload[24..], message.Expires);
        Span<byte> rest = Put(Put(payload[FixedLength..], message.Channel.Name), message.Id);
        if (message.Label is not null)
        {
            rest[0] = LabelTag;
            rest[1] = (byte)message.Label.Length;
            rest = Put(rest[FieldHeader..], message.Label);
        }

        message.Data.Span.CopyTo(rest);
        RecordFraming.Seal(record);
    }

    /// <summary>False for a record of another kind.</summary>
    public static bool TryParse(ReadOnlySpan<byte> payload, out MessageRecord record)
    {
        bool valid = payload.Length > FixedLength
            && payload[0] == Kind
            && payload.Length > FixedLength + payload[2] + payload[3] + BinaryPrimitives.ReadUInt16LittleEndian(payload[4..]);
        record = valid ? new MessageRecord(payload) : default;
        return valid;
    }

    /// <summary>The message as it was stored, with its frame.</summary>
    public Message ToMessage(Channel channel)
    {
        var message = new Message(channel, Encoding.ASCII.GetString(Id), Time, Expires, FindLabel(), Data) { HasProducerId = HasProducerId };
        message.Accept(Seq);
        return message;
    }

    private static int FieldsLengthOf(Message message) => message.Label is null ? 0 : FieldHeader + message.Label.Length;

    private static Span<byte> Put(Span<byte> target, string ascii)
    {
        Ascii.FromUtf16(ascii, target, out int written);
        return target[written..];
    }

    private string? FindLabel()
    {
        for (ReadOnlySpan<byte> rest = Fields; rest.Length >= FieldHeader && rest.Length >= FieldHeader + rest[1]; rest = rest[(FieldHeader + rest[1])..])
        {
            if (rest[0] == LabelTag)
                return Encoding.ASCII.GetString(rest.Slice(FieldHeader, rest[1]));
        }

        return null;
    }
}
