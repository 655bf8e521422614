using System.Buffers.Binary;
using System.Text;

namespace PushNode.Storage.Mongo.Driver;

/// <summary>
/// Walks over the elements of one BSON document. Nothing is copied. A document that is cut off or has an element of an unknown type ends early: what was
/// read until then is right.
/// </summary>
internal ref struct BsonReader
{
    private const int LengthBytes = sizeof(int);
    private const int MinLength = LengthBytes + 1;

    private ReadOnlySpan<byte> rest;

    /// <param name="document">The document, its length in front.</param>
    public BsonReader(ReadOnlySpan<byte> document)
    {
        if (document.Length < MinLength)
            return;
        int length = BinaryPrimitives.ReadInt32LittleEndian(document);
        if (length >= MinLength && length <= document.Length)
            rest = document[LengthBytes..(length - 1)];
    }

    /// <summary>The document at this place in memory, which has to stay as long as it is read.</summary>
    public static unsafe BsonReader Of(byte* document) => new(new ReadOnlySpan<byte>(document, *(int*)document));

    /// <summary>The name of the current element.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>The type of the current element.</summary>
    public BsonType Type { get; private set; }

    /// <summary>The bytes of the current element's value.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>The element as a whole number: of either length, or a double without a fraction, as people write with a shell. Null when it is none.</summary>
    public readonly long? Number => Type switch
    {
        BsonType.Int32 => BinaryPrimitives.ReadInt32LittleEndian(Value),
        BsonType.Int64 => BinaryPrimitives.ReadInt64LittleEndian(Value),
        BsonType.Double when BinaryPrimitives.ReadDoubleLittleEndian(Value) is var d && d == Math.Floor(d) && Math.Abs(d) < 1L << 53 => (long)d,
        _ => null,
    };

    /// <summary>The element as a point in time, in Unix milliseconds; null when it is none.</summary>
    public readonly long? Date => Type == BsonType.Date ? BinaryPrimitives.ReadInt64LittleEndian(Value) : null;

    /// <summary>The UTF-8 of an element that is a text; empty for any other.</summary>
    public readonly ReadOnlySpan<byte> Utf8 => Type == BsonType.Text ? Value[LengthBytes..^1] : default;

    /// <summary>An element that is a text; null for any other.</summary>
    public readonly string? Text => Type == BsonType.Text ? Encoding.UTF8.GetString(Utf8) : null;

    /// <summary>The elements of the current element, when it is a document or an array; else none.</summary>
    public readonly BsonReader Elements => new(Type is BsonType.Document or BsonType.Array ? Value : default);

    /// <summary>Goes to the next element; false at the end.</summary>
    public bool Read()
    {
        if (rest.IsEmpty)
            return false;
        var type = (BsonType)rest[0];
        int nameEnd = rest[1..].IndexOf((byte)0);
        if (nameEnd < 0)
            return Stop();
        ReadOnlySpan<byte> name = rest.Slice(1, nameEnd);
        ReadOnlySpan<byte> after = rest[(nameEnd + 2)..];
        int length = LengthOf(type, after);
        if (length < 0 || length > after.Length)
            return Stop();
        Type = type;
        Name = name;
        Value = after[..length];
        rest = after[length..];
        return true;
    }

    /// <summary>Goes on to the element with the name; false, and at the end, when none follows.</summary>
    public bool Find(ReadOnlySpan<byte> name)
    {
        while (Read())
        {
            if (Name.SequenceEqual(name))
                return true;
        }

        return false;
    }

    private static int LengthOf(BsonType type, ReadOnlySpan<byte> value)
    {
        switch (type)
        {
            case BsonType.Null or BsonType.MinKey or BsonType.MaxKey:
                return 0;
            case BsonType.Flag:
                return 1;
            case BsonType.Int32:
                return sizeof(int);
            case BsonType.Double or BsonType.Date or BsonType.Timestamp or BsonType.Int64:
                return sizeof(long);
            case BsonType.ObjectId:
                return 12;
            case BsonType.Decimal128:
                return 16;
            default:
                if (value.Length < LengthBytes)
                    return -1;
                int stated = BinaryPrimitives.ReadInt32LittleEndian(value);
                return type switch
                {
                    BsonType.Text when stated >= 1 && stated <= value.Length - LengthBytes => LengthBytes + stated,
                    BsonType.Binary when stated >= 0 && stated <= value.Length - MinLength => MinLength + stated,
                    BsonType.Document or BsonType.Array when stated >= MinLength => stated,
                    _ => -1,
                };
        }
    }

    private bool Stop()
    {
        rest = default;
        return false;
    }
}
