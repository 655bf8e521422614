using System.Numerics;

namespace PushNode.Counting;

/// <summary>Where the running core counts: cores that count the same thing do not wait for one another's cache lines.</summary>
internal static class Stripes
{
    private const int Most = 64;

    /// <summary>How many there are: a power of two.</summary>
    public static int Count { get; } = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Min(Environment.ProcessorCount, Most));

    /// <summary>That of the running core, below <see cref="Count"/>. The thread may move on at any time: what is counted there is counted atomically.</summary>
    public static int Mine => Thread.GetCurrentProcessorId() & (Count - 1);
}
