using System.Runtime.InteropServices;

namespace PushNode.Counting;

/// <summary>A number that only grows, for hot paths: counting takes a few nanoseconds on any number of cores at once.</summary>
internal sealed class Tally
{
    private readonly Cell[] cells = new Cell[Stripes.Count];

    /// <summary>All that was counted so far.</summary>
    public long Total
    {
        get
        {
            long total = 0;
            for (int i = 0; i < cells.Length; i++)
                total += Volatile.Read(ref cells[i].Value);
            return total;
        }
    }

    public void Add(long count) => Interlocked.Add(ref cells[Stripes.Mine].Value, count);

    // Two cache lines each, since they are fetched in pairs; the first one of an array also has its length, which everybody reads.
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Cell
    {
        [FieldOffset(64)]
        public long Value;
    }
}
