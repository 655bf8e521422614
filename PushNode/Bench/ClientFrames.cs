using System.Buffers.Binary;
using System.Buffers.Text;

namespace PushNode.Bench;

/// <summary>Writes frames as a client sends them: masked (RFC 6455 section 5.3), short ones only.</summary>
internal static class ClientFrames
{
    /// <summary>The longest frame, in bytes: the payload of a control frame has 125, that of an <c>ack</c> a channel's name.</summary>
    public const int MaxLength = 8 + MaxPayload;

    private const int MaxPayload = 256;

    /// <summary>Writes a frame; returns its length.</summary>
    /// <param name="target">At least <see cref="MaxLength"/> bytes.</param>
    /// <param name="opcode">As in <see cref="FrameReader"/>.</param>
    /// <param name="payload">At most 256 bytes.</param>
    /// <param name="mask">A number that nobody in between can foresee.</param>
    public static int Write(Span<byte> target, int opcode, ReadOnlySpan<byte> payload, uint mask)
    {
        target[0] = (byte)(0x80 | opcode);
        int header = payload.Length < 126 ? 2 : 4;
        target[1] = (byte)(0x80 | (header == 2 ? payload.Length : 126));
        if (header == 4)
            BinaryPrimitives.WriteUInt16BigEndian(target[2..], (ushort)payload.Length);
        Span<byte> key = target.Slice(header, 4);
        BinaryPrimitives.WriteUInt32LittleEndian(key, mask);
        Span<byte> masked = target[(header + 4)..];
        for (int i = 0; i < payload.Length; i++)
            masked[i] = (byte)(payload[i] ^ key[i & 3]);
        return header + 4 + payload.Length;
    }

    /// <summary>Writes <c>{"type":"ack",…}</c>; returns the frame's length.</summary>
    /// <param name="target">At least <see cref="MaxLength"/> bytes.</param>
    /// <param name="channel">The channel's name; empty for the user's own.</param>
    /// <param name="seq">Up to where everything has come.</param>
    /// <param name="mask">As for <see cref="Write"/>.</param>
    public static int WriteAck(Span<byte> target, ReadOnlySpan<byte> channel, long seq, uint mask)
    {
        Span<byte> json = stackalloc byte[MaxPayload];
        int length = Put(json, 0, channel.IsEmpty ? "{\"type\":\"ack\",\"seq\":"u8 : "{\"type\":\"ack\",\"channel\":\""u8);
        if (!channel.IsEmpty)
        {
            length = Put(json, length, channel);
            length = Put(json, length, "\",\"seq\":"u8);
        }

        Utf8Formatter.TryFormat(seq, json[length..], out int digits);
        length = Put(json, length + digits, "}"u8);
        return Write(target, FrameReader.Text, json[..length], mask);
    }

    private static int Put(Span<byte> target, int at, ReadOnlySpan<byte> text)
    {
        text.CopyTo(target[at..]);
        return at + text.Length;
    }
}
