using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text;

namespace PushNode.Storage.Mongo.Driver;

/// <summary>
/// Writes one BSON document after another into a buffer of its own, which grows and is kept. Names and texts are ASCII, but for <see cref="Text(ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>,
/// which takes UTF-8 as it is.
/// </summary>
internal sealed class BsonWriter
{
    private const int MaxDepth = 16;
    private const int Kept = 1 << 20;

    private readonly int[] starts = new int[MaxDepth];
    private readonly int[] items = new int[MaxDepth];
    private byte[] buffer = new byte[1024];
    private int length;
    private int depth;

    public BsonWriter() => Clear();

    /// <summary>How long it is so far, in bytes.</summary>
    public int Length => length;

    /// <summary>Starts over with an empty document.</summary>
    public void Clear()
    {
        if (buffer.Length > Kept)
            buffer = new byte[1024];
        length = 0;
        depth = 0;
        Open();
    }

    /// <summary>Ends the document and returns it, until the writer is used again.</summary>
    public ReadOnlySpan<byte> Finish()
    {
        while (depth > 0)
            End();
        return buffer.AsSpan(0, length);
    }

    public void Text(ReadOnlySpan<byte> name, string ascii)
    {
        Name(BsonType.Text, name);
        TextValue(ascii);
    }

    public void Text(ReadOnlySpan<byte> name, ReadOnlySpan<byte> utf8)
    {
        Name(BsonType.Text, name);
        Span<byte> target = Take(sizeof(int) + utf8.Length + 1);
        BinaryPrimitives.WriteInt32LittleEndian(target, utf8.Length + 1);
        utf8.CopyTo(target[sizeof(int)..]);
        target[^1] = 0;
    }

    public void Int(ReadOnlySpan<byte> name, int value)
    {
        Name(BsonType.Int32, name);
        BinaryPrimitives.WriteInt32LittleEndian(Take(sizeof(int)), value);
    }

    public void Long(ReadOnlySpan<byte> name, long value)
    {
        Name(BsonType.Int64, name);
        BinaryPrimitives.WriteInt64LittleEndian(Take(sizeof(long)), value);
    }

    /// <summary>A point in time, in Unix milliseconds.</summary>
    public void Date(ReadOnlySpan<byte> name, long value)
    {
        Name(BsonType.Date, name);
        BinaryPrimitives.WriteInt64LittleEndian(Take(sizeof(long)), value);
    }

    public void Flag(ReadOnlySpan<byte> name, bool value)
    {
        Name(BsonType.Flag, name);
        Take(1)[0] = value ? (byte)1 : (byte)0;
    }

    /// <summary>What is greater than everything else.</summary>
    public void MaxKey(ReadOnlySpan<byte> name) => Name(BsonType.MaxKey, name);

    /// <summary>Begins a document in the document; <see cref="End"/> ends it.</summary>
    public void Document(ReadOnlySpan<byte> name)
    {
        Name(BsonType.Document, name);
        Open();
    }

    /// <summary>Begins an array; its elements are added by <see cref="Item(string)"/> and <see cref="Item()"/>, and <see cref="End"/> ends it.</summary>
    public void Array(ReadOnlySpan<byte> name)
    {
        Name(BsonType.Array, name);
        Open();
    }

    /// <summary>Begins a document as the next element of the array.</summary>
    public void Item()
    {
        ItemName(BsonType.Document);
        Open();
    }

    /// <summary>Adds a text as the next element of the array.</summary>
    public void Item(string ascii)
    {
        ItemName(BsonType.Text);
        TextValue(ascii);
    }

    /// <summary>Adds a number as the next element of the array.</summary>
    public void Item(long value)
    {
        ItemName(BsonType.Int64);
        BinaryPrimitives.WriteInt64LittleEndian(Take(sizeof(long)), value);
    }

    /// <summary>Begins an array as the next element of the array.</summary>
    public void ItemArray()
    {
        ItemName(BsonType.Array);
        Open();
    }

    /// <summary>Ends the innermost document or array.</summary>
    public void End()
    {
        Take(1)[0] = (byte)BsonType.End;
        depth--;
        BinaryPrimitives.WriteInt32LittleEndian(buffer.AsSpan(starts[depth]), length - starts[depth]);
    }

    private void Open()
    {
        starts[depth] = length;
        items[depth] = 0;
        depth++;
        Take(sizeof(int));
    }

    private void Name(BsonType type, ReadOnlySpan<byte> name)
    {
        Span<byte> target = Take(name.Length + 2);
        target[0] = (byte)type;
        name.CopyTo(target[1..]);
        target[^1] = 0;
    }

    private void ItemName(BsonType type)
    {
        Span<byte> name = stackalloc byte[10];
        Utf8Formatter.TryFormat(items[depth - 1]++, name, out int written);
        Name(type, name[..written]);
    }

    private void TextValue(string ascii)
    {
        Span<byte> target = Take(sizeof(int) + ascii.Length + 1);
        BinaryPrimitives.WriteInt32LittleEndian(target, ascii.Length + 1);
        Ascii.FromUtf16(ascii, target[sizeof(int)..], out _);
        target[^1] = 0;
    }

    private Span<byte> Take(int bytes)
    {
        if (buffer.Length - length < bytes)
            System.Array.Resize(ref buffer, Math.Max(buffer.Length * 2, length + bytes));
        Span<byte> taken = buffer.AsSpan(length, bytes);
        length += bytes;
        return taken;
    }
}
