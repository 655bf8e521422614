using System.Buffers.Binary;

namespace PushNode.Bench;

/// <summary>Finds the frames in what a server has sent (RFC 6455 section 5.2).</summary>
internal static class FrameReader
{
    public const int Text = 1;
    public const int Close = 8;
    public const int Ping = 9;
    public const int Pong = 10;

    private const int MaxPayload = 64 * 1024 * 1024;
    private const byte FinalBit = 0x80;
    private const byte ReservedBits = 0x70;

    /// <summary>Reads the frame that the bytes begin with; its length, 0 when it is not there as a whole yet, -1 when it is none that a node sends.</summary>
    /// <param name="bytes">What has come.</param>
    /// <param name="opcode">What kind of frame it is.</param>
    /// <param name="payload">What it holds.</param>
    public static int Read(ReadOnlySpan<byte> bytes, out int opcode, out ReadOnlySpan<byte> payload)
    {
        opcode = 0;
        payload = default;
        if (bytes.Length < 2)
            return 0;
        // Nodes do not fragment: a frame that is not final, or goes on with another one, is not theirs. 128 and above is masked, which servers do not do.
        opcode = bytes[0] & 0x0F;
        if ((bytes[0] & FinalBit) == 0 || (bytes[0] & ReservedBits) != 0 || opcode is not (Text or Close or Ping or Pong) || bytes[1] > 127)
            return -1;

        int header = bytes[1] switch { 126 => 4, 127 => 10, _ => 2 };
        if (bytes.Length < header)
            return 0;
        ulong length = header switch
        {
            2 => bytes[1],
            4 => BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]),
            _ => BinaryPrimitives.ReadUInt64BigEndian(bytes[2..]),
        };
        if (length > MaxPayload)
            return -1;
        if ((ulong)(bytes.Length - header) < length)
            return 0;
        payload = bytes.Slice(header, (int)length);
        return header + (int)length;
    }
}
