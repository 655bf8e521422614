using System.Buffers.Binary;
using System.Text;

namespace PushNode.Tests.Support.Mongo;

/// <summary>Reads BSON. Throws <see cref="InvalidDataException"/> on a type that PushNode does not use, or a length that does not fit.</summary>
internal ref struct BsonReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> bytes = bytes;
    private int position;

    public readonly bool AtEnd => position == bytes.Length;

    public static BsonDocument Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new BsonReader(bytes);
        return reader.ReadDocument();
    }

    public BsonDocument ReadDocument()
    {
        int end = position + Int32();
        if (end > bytes.Length || end < position + 1)
            throw new InvalidDataException($"a document that ends at {end} in {bytes.Length} bytes");
        var document = new BsonDocument();
        while (Byte() is var type and not 0)
            document.Add(Name(), Value(type));
        if (position != end)
            throw new InvalidDataException($"a document that says it ends at {end}, and does at {position}");
        return document;
    }

    /// <summary>A name or a path: UTF-8 up to a zero.</summary>
    public string Name()
    {
        int length = bytes[position..].IndexOf((byte)0);
        if (length < 0)
            throw new InvalidDataException("a name without an end");
        string name = Encoding.UTF8.GetString(Take(length));
        position++;
        return name;
    }

    public byte Byte() => Take(1)[0];

    public int Int32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > bytes.Length - position)
            throw new InvalidDataException($"{count} bytes at {position} of {bytes.Length}");
        position += count;
        return bytes.Slice(position - count, count);
    }

    private long Int64() => BinaryPrimitives.ReadInt64LittleEndian(Take(8));

    private object? Value(byte type) => type switch
    {
        0x01 => BitConverter.Int64BitsToDouble(Int64()),
        0x02 => Text(),
        0x03 => ReadDocument(),
        0x04 => new BsonArray(ReadDocument().Select(static f => f.Value)),
        0x05 => Binary(),
        0x07 => new BsonObjectId(Convert.ToHexStringLower(Take(12))),
        0x08 => Byte() != 0,
        0x09 => new BsonDate(Int64()),
        0x0a => null,
        0x10 => Int32(),
        0x11 => new BsonTimestamp((ulong)Int64()),
        0x12 => Int64(),
        0x7f => BsonKey.Max,
        0xff => BsonKey.Min,
        _ => throw new InvalidDataException($"the BSON type 0x{type:x2}"),
    };

    private string Text()
    {
        ReadOnlySpan<byte> text = Take(Int32());
        if (text is not [.., 0])
            throw new InvalidDataException("a string without an end");
        return Encoding.UTF8.GetString(text[..^1]);
    }

    private BsonBinary Binary()
    {
        int length = Int32();
        byte subtype = Byte();
        return new BsonBinary(Take(length).ToArray(), subtype);
    }
}
