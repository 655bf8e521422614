using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using System.Text.Unicode;

namespace PushNode.Peers;

/// <summary>Builds a body for another node: numbers little-endian, texts and bytes behind their length. Reused: <see cref="Clear"/> keeps the buffer.</summary>
internal sealed class PeerWriter
{
    /// <summary>The largest buffer that is kept: those of requests that bring messages.</summary>
    private const int KeptBytes = 1024 * 1024;

    private byte[] buffer = new byte[256];

    /// <summary>Bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>What was written; valid until the next write.</summary>
    public ReadOnlyMemory<byte> Written => buffer.AsMemory(0, Length);

    public void Clear()
    {
        Length = 0;
        if (buffer.Length > KeptBytes)
            buffer = new byte[256];
    }

    public void Byte(byte value) => Take(1)[0] = value;

    public void Flag(bool value) => Byte(value ? (byte)1 : (byte)0);

    public void Int(int value) => BinaryPrimitives.WriteInt32LittleEndian(Take(sizeof(int)), value);

    public void Long(long value) => BinaryPrimitives.WriteInt64LittleEndian(Take(sizeof(long)), value);

    /// <summary>A text of up to 65,535 bytes of UTF-8.</summary>
    public void Text(string value)
    {
        int length = Encoding.UTF8.GetByteCount(value);
        BinaryPrimitives.WriteUInt16LittleEndian(Take(sizeof(ushort)), checked((ushort)length));
        Utf8.FromUtf16(value, Take(length), out _, out _);
    }

    public void Bytes(ReadOnlySpan<byte> value)
    {
        Int(value.Length);
        value.CopyTo(Take(value.Length));
    }

    private Span<byte> Take(int count)
    {
        if (buffer.Length - Length < count)
            Array.Resize(ref buffer, checked((int)BitOperations.RoundUpToPowerOf2((uint)checked(Length + count))));
        Span<byte> taken = buffer.AsSpan(Length, count);
        Length += count;
        return taken;
    }
}
