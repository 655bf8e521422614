using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace PushNode.Tests.Support.Mongo;

/// <summary>Writes BSON.</summary>
internal sealed class BsonWriter
{
    private readonly List<byte> bytes = [];

    public static byte[] Write(BsonDocument document)
    {
        var writer = new BsonWriter();
        writer.Document(document);
        return writer.ToArray();
    }

    public byte[] ToArray() => [.. bytes];

    public void Byte(byte value) => bytes.Add(value);

    public void Bytes(ReadOnlySpan<byte> value) => bytes.AddRange(value);

    public void Int32(int value)
    {
        Span<byte> buffer = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(buffer, value);
        bytes.AddRange(buffer);
    }

    /// <summary>UTF-8 and a zero.</summary>
    public void Name(string name)
    {
        bytes.AddRange(Encoding.UTF8.GetBytes(name));
        Byte(0);
    }

    public void Document(IEnumerable<KeyValuePair<string, object?>> fields)
    {
        int start = BeginLength();
        foreach ((string name, object? value) in fields)
            Field(name, value);
        Byte(0);
        EndLength(start);
    }

    /// <summary>Leaves room for a length that counts itself; returns where.</summary>
    public int BeginLength()
    {
        Int32(0);
        return bytes.Count - 4;
    }

    public void EndLength(int start) => BinaryPrimitives.WriteInt32LittleEndian(CollectionsMarshal.AsSpan(bytes)[start..], bytes.Count - start);

    private void Int64(long value)
    {
        Span<byte> buffer = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(buffer, value);
        bytes.AddRange(buffer);
    }

    private void Field(string name, object? value)
    {
        Byte(TypeOf(value));
        Name(name);
        switch (value)
        {
            case double d: Int64(BitConverter.DoubleToInt64Bits(d)); break;
            case string s:
                Int32(Encoding.UTF8.GetByteCount(s) + 1);
                Name(s);
                break;
            case BsonDocument d: Document(d); break;
            case BsonArray a: Document(a.Select(static (v, i) => KeyValuePair.Create(i.ToString(CultureInfo.InvariantCulture), v))); break;
            case BsonBinary b:
                Int32(b.Bytes.Length);
                Byte(b.Subtype);
                Bytes(b.Bytes);
                break;
            case BsonObjectId o: Bytes(Convert.FromHexString(o.Hex)); break;
            case bool b: Byte(b ? (byte)1 : (byte)0); break;
            case BsonDate d: Int64(d.Milliseconds); break;
            case int i: Int32(i); break;
            case long l: Int64(l); break;
            case BsonTimestamp t: Int64((long)t.Value); break;
        }
    }

    private static byte TypeOf(object? value) => value switch
    {
        double => 0x01,
        string => 0x02,
        BsonDocument => 0x03,
        BsonArray => 0x04,
        BsonBinary => 0x05,
        BsonObjectId => 0x07,
        bool => 0x08,
        BsonDate => 0x09,
        null => 0x0a,
        int => 0x10,
        BsonTimestamp => 0x11,
        long => 0x12,
        BsonKey.Max => 0x7f,
        BsonKey.Min => 0xff,
        _ => throw new ArgumentException($"{value.GetType()} is not a BSON value", nameof(value)),
    };
}
