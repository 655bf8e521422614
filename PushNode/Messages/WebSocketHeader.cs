using System.Buffers.Binary;

namespace PushNode.Messages;

/// <summary>The first bytes of a WebSocket frame as a server sends it: final, without a mask (RFC 6455 section 5.2).</summary>
internal static class WebSocketHeader
{
    /// <summary>The longest header, in bytes.</summary>
    public const int MaxLength = 10;

    private const byte Final = 0x80;

    /// <summary>How many bytes the header of a payload of this many bytes takes: 2, 4 or 10.</summary>
    public static int LengthFor(int payload) => payload switch { < 126 => 2, <= ushort.MaxValue => 4, _ => MaxLength };

    /// <summary>Writes the header at the start of <paramref name="target"/> and returns its length.</summary>
    public static int Write(Span<byte> target, byte opcode, int payload)
    {
        target[0] = (byte)(Final | opcode);
        switch (LengthFor(payload))
        {
            case 2:
                target[1] = (byte)payload;
                return 2;
            case 4:
                target[1] = 126;
                BinaryPrimitives.WriteUInt16BigEndian(target[2..], (ushort)payload);
                return 4;
            default:
                target[1] = 127;
                BinaryPrimitives.WriteUInt64BigEndian(target[2..], (ulong)payload);
                return MaxLength;
        }
    }

    /// <summary>The length of the header that a whole frame begins with; 0 when the bytes are no such frame.</summary>
    public static int Read(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < 2 || (frame[0] & Final) == 0)
            return 0;
        int length = frame[1] switch { < 126 => 2, 126 => 4, 127 => MaxLength, _ => 0 };
        if (length == 0 || frame.Length < length)
            return 0;
        ulong payload = length switch
        {
            2 => frame[1],
            4 => BinaryPrimitives.ReadUInt16BigEndian(frame[2..]),
            _ => BinaryPrimitives.ReadUInt64BigEndian(frame[2..]),
        };
        return payload == (ulong)(frame.Length - length) ? length : 0;
    }
}
