using System.Buffers.Binary;
using System.Text;

namespace PushNode.Storage.Journal.State;

/// <summary>
/// One record of the state log: a kind, a number and up to three short texts. What follows them in a file of a later version is passed over.
/// </summary>
internal readonly record struct StateRecord(StateKind Kind, long Number, string First = "", string Second = "", string Third = "")
{
    private const int FixedLength = 1 + sizeof(long);
    private const int Texts = 3;

    /// <summary>The length of the whole record, framing included.</summary>
    public int Length => RecordFraming.HeaderLength + FixedLength + Texts + First.Length + Second.Length + Third.Length;

    /// <summary>Writes the whole record into exactly <see cref="Length"/> bytes.</summary>
    public void Write(Span<byte> record)
    {
        Span<byte> payload = record[RecordFraming.HeaderLength..];
        payload[0] = (byte)Kind;
        BinaryPrimitives.WriteInt64LittleEndian(payload[1..], Number);
        Put(Put(Put(payload[FixedLength..], First), Second), Third);
        RecordFraming.Seal(record);
    }

    /// <summary>False when the payload is no record of this form.</summary>
    public static bool TryParse(ReadOnlySpan<byte> payload, out StateRecord record)
    {
        record = default;
        if (payload.Length < FixedLength)
            return false;
        ReadOnlySpan<byte> rest = payload[FixedLength..];
        if (!TryTake(ref rest, out string first) || !TryTake(ref rest, out string second) || !TryTake(ref rest, out string third))
            return false;
        record = new StateRecord((StateKind)payload[0], BinaryPrimitives.ReadInt64LittleEndian(payload[1..]), first, second, third);
        return true;
    }

    private static Span<byte> Put(Span<byte> target, string ascii)
    {
        Ascii.FromUtf16(ascii, target[1..], out int written);
        target[0] = (byte)written;
        return target[(1 + written)..];
    }

    private static bool TryTake(ref ReadOnlySpan<byte> rest, out string text)
    {
        text = "";
        if (rest.IsEmpty || rest.Length <= rest[0])
            return false;
        text = Encoding.ASCII.GetString(rest.Slice(1, rest[0]));
        rest = rest[(1 + rest[0])..];
        return true;
    }
}
