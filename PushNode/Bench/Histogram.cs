using System.Numerics;

namespace PushNode.Bench;

/// <summary>
/// Counts of values, log-linear: each power of two is divided into 128 buckets, so what is read from it is wrong by less than 0.4 %. Adding a value is one
/// increment and allocates nothing.
/// </summary>
internal sealed class Histogram
{
    private const int SubBits = 7;
    private const int SubBuckets = 1 << SubBits;

    private readonly long[] counts = new long[(64 - SubBits) << SubBits];
    private double sum;

    public long Count { get; private set; }

    public long Max { get; private set; }

    public double Mean => Count == 0 ? 0 : sum / Count;

    /// <summary>A value below 0 counts as 0.</summary>
    public void Add(long value)
    {
        value = Math.Max(value, 0);
        counts[IndexOf(value)]++;
        Count++;
        sum += value;
        Max = Math.Max(Max, value);
    }

    /// <summary>The value that so many per cent of all are not above; 0 when there is none.</summary>
    /// <param name="percent">Above 0, at most 100.</param>
    public long Percentile(double percent)
    {
        // Without the allowance 99.9 % of 1,000 would be 999.0000000001 and so the 1,000th.
        long rank = Math.Max(1, (long)Math.Ceiling((percent / 100 * Count) - 1e-6));
        long seen = 0;
        for (int i = 0; Count > 0 && i < counts.Length; i++)
        {
            seen += counts[i];
            if (seen >= rank)
                return Math.Min(MiddleOf(i), Max);
        }

        return Max;
    }

    private static int IndexOf(long value)
    {
        if (value < SubBuckets)
            return (int)value;
        int exponent = BitOperations.Log2((ulong)value);
        return ((exponent - SubBits + 1) << SubBits) + (int)((value >> (exponent - SubBits)) & (SubBuckets - 1));
    }

    private static long MiddleOf(int index)
    {
        if (index < SubBuckets)
            return index;
        int shift = (index >> SubBits) - 1;
        long low = (long)(SubBuckets + (index & (SubBuckets - 1))) << shift;
        return low + ((1L << shift) >> 1);
    }
}
