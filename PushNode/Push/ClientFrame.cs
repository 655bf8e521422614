using System.Buffers;
using System.Buffers.Binary;

namespace PushNode.Push;

/// <summary>One WebSocket frame as a client sends it (RFC 6455 section 5.2); the payload is still masked.</summary>
internal readonly struct ClientFrame
{
    private const byte FinalBit = 0x80;
    private const byte ReservedBits = 0x70;
    private const byte OpcodeBits = 0x0F;
    private const byte MaskBit = 0x80;
    private const byte LengthBits = 0x7F;
    private const int MaxHeader = 14;

    // Also the longest payload of a control frame.
    private const int MaxShortLength = 125;

    private readonly uint mask;

    private ClientFrame(Opcode opcode, bool final, uint mask, ReadOnlySequence<byte> payload)
    {
        Opcode = opcode;
        Final = final;
        this.mask = mask;
        Payload = payload;
    }

    public Opcode Opcode { get; }

    /// <summary>Whether it ends its message.</summary>
    public bool Final { get; }

    private ReadOnlySequence<byte> Payload { get; }

    /// <summary>The payload's length, in bytes.</summary>
    public int Length => (int)Payload.Length;

    /// <summary>Takes the first frame off <paramref name="buffer"/>.</summary>
    /// <param name="buffer">What has come; moved behind the frame when there is a whole one.</param>
    /// <param name="maxPayload">The largest payload taken, in bytes.</param>
    /// <param name="frame">The frame, when the result is <see cref="FrameStatus.Complete"/>.</param>
    public static FrameStatus TryRead(ref ReadOnlySequence<byte> buffer, int maxPayload, out ClientFrame frame)
    {
        frame = default;
        Span<byte> header = stackalloc byte[MaxHeader];
        int available = (int)Math.Min(buffer.Length, MaxHeader);
        buffer.Slice(0, available).CopyTo(header);
        header = header[..available];
        if (header.Length < 2)
            return header.Length == 1 && (header[0] & ReservedBits) != 0 ? FrameStatus.ReservedBits : FrameStatus.Incomplete;

        var opcode = (Opcode)(header[0] & OpcodeBits);
        bool final = (header[0] & FinalBit) != 0;
        FrameStatus fault = FindFault(header, opcode, final);
        if (fault != FrameStatus.Complete)
            return fault;

        int shortLength = header[1] & LengthBits;
        int lengthBytes = shortLength switch { 126 => 2, 127 => 8, _ => 0 };
        int headerLength = 2 + lengthBytes + sizeof(uint);
        if (header.Length < 2 + lengthBytes)
            return FrameStatus.Incomplete;
        ulong length = lengthBytes switch
        {
            2 => BinaryPrimitives.ReadUInt16BigEndian(header[2..]),
            8 => BinaryPrimitives.ReadUInt64BigEndian(header[2..]),
            _ => (ulong)shortLength,
        };
        if ((lengthBytes == 2 && length <= MaxShortLength) || (lengthBytes == 8 && length <= ushort.MaxValue))
            return FrameStatus.LongLength;
        if (length > (ulong)maxPayload)
            return FrameStatus.TooLarge;
        if (buffer.Length < headerLength + (long)length)
            return FrameStatus.Incomplete;

        uint mask = BinaryPrimitives.ReadUInt32LittleEndian(header[(2 + lengthBytes)..]);
        frame = new ClientFrame(opcode, final, mask, buffer.Slice(headerLength, (long)length));
        buffer = buffer.Slice(headerLength + (long)length);
        return FrameStatus.Complete;
    }

    /// <summary>Copies the payload, unmasked, to the start of <paramref name="target"/>.</summary>
    public void CopyTo(Span<byte> target)
    {
        Payload.CopyTo(target);
        int i = 0;
        ulong wide = mask | ((ulong)mask << 32);
        for (; i + sizeof(ulong) <= Length; i += sizeof(ulong))
        {
            Span<byte> part = target.Slice(i, sizeof(ulong));
            BinaryPrimitives.WriteUInt64LittleEndian(part, BinaryPrimitives.ReadUInt64LittleEndian(part) ^ wide);
        }

        for (; i < Length; i++)
            target[i] ^= (byte)(mask >> (i % sizeof(uint) * 8));
    }

    private static FrameStatus FindFault(ReadOnlySpan<byte> header, Opcode opcode, bool final)
    {
        if ((header[0] & ReservedBits) != 0)
            return FrameStatus.ReservedBits;
        if (opcode is not (Opcode.Continuation or Opcode.Text or Opcode.Binary or Opcode.Close or Opcode.Ping or Opcode.Pong))
            return FrameStatus.UnknownOpcode;
        if ((header[1] & MaskBit) == 0)
            return FrameStatus.Unmasked;
        if (opcode < Opcode.Close)
            return FrameStatus.Complete;
        if (!final)
            return FrameStatus.FragmentedControl;
        return (header[1] & LengthBits) > MaxShortLength ? FrameStatus.OversizedControl : FrameStatus.Complete;
    }
}
