using System.Buffers.Binary;
using System.Numerics;

namespace PushNode.Storage.Journal;

/// <summary>
/// How a record lies in a file: a marker (4 bytes), the payload's length (4 bytes, little endian), CRC-32C of length and payload (4 bytes), the
/// payload. The payload's first byte says what it is. The marker has bytes that no UTF-8 text has, so nothing that a producer sends can look like a
/// record, and the next record behind damage is found quickly.
/// </summary>
internal static class RecordFraming
{
    /// <summary>The bytes in front of the payload.</summary>
    public const int HeaderLength = 12;

    /// <summary>The longest payload, in bytes.</summary>
    public const int MaxPayload = 64 << 20;

    private const int LengthOffset = 4;
    private const int ChecksumOffset = 8;

    /// <summary>What every record begins with.</summary>
    public static ReadOnlySpan<byte> Marker => [0xF5, (byte)'P', (byte)'N', 0xFA];

    /// <summary>Fills in the header of a record whose payload is in place.</summary>
    public static void Seal(Span<byte> record)
    {
        Marker.CopyTo(record);
        BinaryPrimitives.WriteInt32LittleEndian(record[LengthOffset..], record.Length - HeaderLength);
        BinaryPrimitives.WriteUInt32LittleEndian(record[ChecksumOffset..], Checksum(record));
    }

    /// <summary>The length of the whole record that starts with this header, or 0 when none can.</summary>
    public static int LengthAt(ReadOnlySpan<byte> header)
    {
        if (!header.StartsWith(Marker))
            return 0;
        int payload = BinaryPrimitives.ReadInt32LittleEndian(header[LengthOffset..]);
        return payload is > 0 and <= MaxPayload ? HeaderLength + payload : 0;
    }

    /// <summary>Whether the bytes are one whole record, unchanged since it was sealed.</summary>
    public static bool IsIntact(ReadOnlySpan<byte> record) =>
        record.Length > HeaderLength
        && LengthAt(record) == record.Length
        && BinaryPrimitives.ReadUInt32LittleEndian(record[ChecksumOffset..]) == Checksum(record);

    private static uint Checksum(ReadOnlySpan<byte> record)
    {
        uint crc = BitOperations.Crc32C(uint.MaxValue, BinaryPrimitives.ReadUInt32LittleEndian(record[LengthOffset..]));
        ReadOnlySpan<byte> rest = record[HeaderLength..];
        for (; rest.Length >= sizeof(ulong); rest = rest[sizeof(ulong)..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(rest));
        foreach (byte b in rest)
            crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }
}
