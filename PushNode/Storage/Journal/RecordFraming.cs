using System.Buffers.Binary;
using System.Numerics;

namespace PushNode.Storage.Journal;

/// <summary>
/// How a record lies in a file: the payload's length (4 bytes, little endian), CRC-32C of length and payload (4 bytes), the payload. The payload's
/// first byte says what it is.
/// </summary>
internal static class RecordFraming
{
    /// <summary>The bytes in front of the payload.</summary>
    public const int HeaderLength = 8;

    /// <summary>The longest payload, in bytes.</summary>
    public const int MaxPayload = 64 << 20;

    private const int ChecksumOffset = 4;

    /// <summary>Fills in the header of a record whose payload is in place.</summary>
    public static void Seal(Span<byte> record)
    {
        BinaryPrimitives.WriteInt32LittleEndian(record, record.Length - HeaderLength);
        BinaryPrimitives.WriteUInt32LittleEndian(record[ChecksumOffset..], Checksum(record));
    }

    /// <summary>The length of the whole record that starts here, or 0 when no record can start like this.</summary>
    public static int LengthAt(ReadOnlySpan<byte> header)
    {
        int payload = BinaryPrimitives.ReadInt32LittleEndian(header);
        return payload is > 0 and <= MaxPayload ? HeaderLength + payload : 0;
    }

    /// <summary>Whether the bytes are one whole record, unchanged since it was sealed.</summary>
    public static bool IsIntact(ReadOnlySpan<byte> record) =>
        record.Length > HeaderLength
        && LengthAt(record) == record.Length
        && BinaryPrimitives.ReadUInt32LittleEndian(record[ChecksumOffset..]) == Checksum(record);

    private static uint Checksum(ReadOnlySpan<byte> record)
    {
        uint crc = BitOperations.Crc32C(uint.MaxValue, BinaryPrimitives.ReadUInt32LittleEndian(record));
        ReadOnlySpan<byte> rest = record[HeaderLength..];
        for (; rest.Length >= sizeof(ulong); rest = rest[sizeof(ulong)..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(rest));
        foreach (byte b in rest)
            crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }
}
