using System.Buffers.Binary;
using System.Text;

namespace PushNode.Peers;

/// <summary>Reads what <see cref="PeerWriter"/> wrote, and trusts nothing of it.</summary>
/// <exception cref="MalformedPeerBodyException">Every member throws it when the body ends early or a length makes no sense.</exception>
internal ref struct PeerReader(ReadOnlySpan<byte> body)
{
    private readonly ReadOnlySpan<byte> body = body;
    private int position;

    /// <summary>Whether all of it has been read.</summary>
    public readonly bool IsAtEnd => position == body.Length;

    public byte Byte() => Take(1)[0];

    public bool Flag() => Byte() switch
    {
        0 => false,
        1 => true,
        byte other => throw new MalformedPeerBodyException(position - 1, $"{other} is no flag"),
    };

    public int Int() => BinaryPrimitives.ReadInt32LittleEndian(Take(sizeof(int)));

    public long Long() => BinaryPrimitives.ReadInt64LittleEndian(Take(sizeof(long)));

    /// <summary>A number of things that follow, each of at least one byte.</summary>
    public int Count()
    {
        int count = Int();
        return count >= 0 && count <= body.Length - position ? count : throw new MalformedPeerBodyException(position - sizeof(int), $"{count} things cannot follow");
    }

    public string Text() => Encoding.UTF8.GetString(Take(BinaryPrimitives.ReadUInt16LittleEndian(Take(sizeof(ushort)))));

    /// <summary>Bytes of the body itself: copy what outlives it.</summary>
    public ReadOnlySpan<byte> Bytes() => Take(Int());

    /// <summary>To be called when all should have been read.</summary>
    public readonly void End()
    {
        if (!IsAtEnd)
            throw new MalformedPeerBodyException(position, $"{body.Length - position} bytes too many");
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count < 0 || count > body.Length - position)
            throw new MalformedPeerBodyException(position, $"{count} bytes were to follow, {body.Length - position} do");
        ReadOnlySpan<byte> taken = body.Slice(position, count);
        position += count;
        return taken;
    }
}
