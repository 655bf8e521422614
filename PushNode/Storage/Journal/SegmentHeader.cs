using System.Buffers.Binary;

namespace PushNode.Storage.Journal;

/// <summary>The first record of a segment file: which version wrote it, which segment it is, when it was begun.</summary>
internal static class SegmentHeader
{
    /// <summary>The length of the record, framing included.</summary>
    public const int Length = RecordFraming.HeaderLength + PayloadLength;

    /// <summary>The version written by this code, and the newest it can read.</summary>
    public const byte Version = 1;

    private const int PayloadLength = 24;
    private const byte Kind = (byte)'J';

    public static byte[] Create(int number, long created)
    {
        byte[] record = new byte[Length];
        Span<byte> payload = record.AsSpan(RecordFraming.HeaderLength);
        payload[0] = Kind;
        payload[1] = Version;
        BinaryPrimitives.WriteInt32LittleEndian(payload[4..], number);
        BinaryPrimitives.WriteInt64LittleEndian(payload[8..], created);
        RecordFraming.Seal(record);
        return record;
    }

    /// <summary>False when the payload is not the header of this segment.</summary>
    public static bool TryParse(ReadOnlySpan<byte> payload, int number, out byte version, out long created)
    {
        version = 0;
        created = 0;
        if (payload.Length < PayloadLength || payload[0] != Kind || BinaryPrimitives.ReadInt32LittleEndian(payload[4..]) != number)
            return false;
        version = payload[1];
        created = BinaryPrimitives.ReadInt64LittleEndian(payload[8..]);
        return true;
    }
}
