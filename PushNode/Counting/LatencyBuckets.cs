using System.Numerics;

namespace PushNode.Counting;

/// <summary>
/// What durations are sorted into: each power of two microseconds in eight, so a bucket is 6 to 12 % wide; below 16 µs each microsecond is one. All nodes have the same,
/// so counts of several can be added up.
/// </summary>
internal static class LatencyBuckets
{
    /// <summary>The longest duration that is told from a longer one: 60 s, in microseconds.</summary>
    public const long Longest = 60_000_000;

    private const int Bits = 3;

    /// <summary>How many there are; below 256.</summary>
    public static int Count { get; } = Of(Longest) + 1;

    /// <summary>The bucket of a duration; below 0 counts as 0.</summary>
    public static int Of(long microseconds)
    {
        ulong bounded = (ulong)Math.Clamp(microseconds, 0, Longest);
        int shift = Math.Max(0, BitOperations.Log2(bounded) - Bits);
        return (shift << Bits) + (int)(bounded >> shift);
    }

    /// <summary>The middle of a bucket, in milliseconds.</summary>
    public static double MiddleOf(int bucket)
    {
        int shift = Math.Max(0, (bucket >> Bits) - 1);
        long start = (long)(bucket - (shift << Bits)) << shift;
        return (start + ((1L << shift) / 2.0)) / 1000;
    }
}
