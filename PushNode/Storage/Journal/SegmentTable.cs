namespace PushNode.Storage.Journal;

/// <summary>The segments there are, in order; the last one is being written. An immutable snapshot, swapped whole.</summary>
internal sealed class SegmentTable
{
    private readonly Lock changing = new();
    private volatile Segment[] segments = [];

    public IReadOnlyList<Segment> Segments => segments;

    /// <summary>The segment with this number; null when it has been dropped.</summary>
    public Segment? Find(int number)
    {
        Segment[] snapshot = segments;
        int low = 0;
        int high = snapshot.Length - 1;
        while (low <= high)
        {
            int middle = (low + high) / 2;
            int found = snapshot[middle].Number;
            if (found == number)
                return snapshot[middle];
            if (found < number)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return null;
    }

    /// <summary>Adds a segment with a higher number than any before.</summary>
    public void Add(Segment segment)
    {
        lock (changing)
            segments = [.. segments, segment];
    }

    public void Remove(IReadOnlySet<int> numbers)
    {
        lock (changing)
            segments = [.. segments.Where(s => !numbers.Contains(s.Number))];
    }
}
