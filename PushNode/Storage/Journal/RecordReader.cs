using Microsoft.Win32.SafeHandles;

namespace PushNode.Storage.Journal;

/// <summary>Walks through the records of a file in large reads, and finds the next intact one behind damage.</summary>
internal sealed class RecordReader(Disk disk, SafeFileHandle file, long length)
{
    private const int WindowLength = 1 << 20;

    private byte[] window = GC.AllocateUninitializedArray<byte>(WindowLength);
    private long windowStart;
    private int windowFilled;

    /// <summary>Where the next record is looked for.</summary>
    public long Position { get; set; }

    /// <summary>Where the record read last begins.</summary>
    public long RecordStart { get; private set; }

    public bool AtEnd => Position >= length;

    /// <summary>
    /// The payload of the record at <see cref="Position"/>, valid until the next call, which is then behind it. False, without a move, at the end of the
    /// file and where no intact record is.
    /// </summary>
    public bool TryRead(out ReadOnlySpan<byte> payload)
    {
        payload = default;
        ReadOnlySpan<byte> header = Look(Position, RecordFraming.HeaderLength);
        if (header.Length < RecordFraming.HeaderLength)
            return false;
        int whole = RecordFraming.LengthAt(header);
        if (whole == 0 || whole > length - Position)
            return false;
        ReadOnlySpan<byte> record = Look(Position, whole);
        if (!RecordFraming.IsIntact(record))
            return false;
        payload = record[RecordFraming.HeaderLength..];
        RecordStart = Position;
        Position += whole;
        return true;
    }

    /// <summary>Moves on from damage to the next intact record; false, without a move, when there is none.</summary>
    public bool TryResync()
    {
        long damage = Position;
        Position++;
        while (TryFindMarker())
        {
            if (TryRead(out _))
            {
                Position = RecordStart;
                return true;
            }

            Position++;
        }

        Position = damage;
        return false;
    }

    /// <summary>From where on, not before <paramref name="from"/>, the file holds nothing but zeros.</summary>
    public long FindZeros(long from)
    {
        long zeros = from;
        for (long at = from; at < length;)
        {
            ReadOnlySpan<byte> ahead = Look(at, (int)Math.Min(WindowLength, length - at));
            if (ahead.IsEmpty)
                break;
            int last = ahead.LastIndexOfAnyExcept((byte)0);
            if (last >= 0)
                zeros = at + last + 1;
            at += ahead.Length;
        }

        return zeros;
    }

    private bool TryFindMarker()
    {
        while (true)
        {
            // What is in the window already; a marker that lies across its end is found in the next one.
            long buffered = windowStart + windowFilled - Position;
            int count = buffered >= RecordFraming.Marker.Length ? (int)buffered : (int)Math.Min(WindowLength, length - Position);
            ReadOnlySpan<byte> ahead = Look(Position, count);
            int found = ahead.IndexOf(RecordFraming.Marker);
            if (found >= 0)
            {
                Position += found;
                return true;
            }

            if (ahead.Length < RecordFraming.Marker.Length || Position + ahead.Length >= length)
                return false;
            Position += ahead.Length - RecordFraming.Marker.Length + 1;
        }
    }

    private ReadOnlySpan<byte> Look(long at, int count)
    {
        long offset = at - windowStart;
        if (offset >= 0 && offset + count <= windowFilled)
            return window.AsSpan((int)offset, count);
        if (count > window.Length)
            window = GC.AllocateUninitializedArray<byte>(count);
        int wanted = (int)Math.Min(window.Length, length - at);
        windowStart = at;
        windowFilled = wanted <= 0 ? 0 : disk.Read(file, window.AsSpan(0, wanted), at);
        return window.AsSpan(0, Math.Min(count, windowFilled));
    }
}
