using System.Buffers;

namespace PushNode.Push;

/// <summary>Frames in order, in a rented array that an empty queue gives back.</summary>
internal struct FrameQueue
{
    private const int SmallestArray = 8;

    private ReadOnlyMemory<byte>[]? frames;
    private int count;

    public readonly int Count => count;

    public readonly ReadOnlyMemory<byte> this[int index] => frames![index];

    public void Add(ReadOnlyMemory<byte> frame)
    {
        if (frames is null || count == frames.Length)
            Grow();
        frames![count++] = frame;
    }

    /// <summary>Empties it and gives the array back.</summary>
    public void Release()
    {
        if (frames is not null)
            Return(frames, count);
        frames = null;
        count = 0;
    }

    private void Grow()
    {
        ReadOnlyMemory<byte>[] larger = ArrayPool<ReadOnlyMemory<byte>>.Shared.Rent(Math.Max(SmallestArray, count * 2));
        if (frames is not null)
        {
            frames.AsSpan(0, count).CopyTo(larger);
            Return(frames, count);
        }

        frames = larger;
    }

    // Only the used part is cleared: a pooled array must not keep a message alive.
    private static void Return(ReadOnlyMemory<byte>[] array, int used)
    {
        array.AsSpan(0, used).Clear();
        ArrayPool<ReadOnlyMemory<byte>>.Shared.Return(array);
    }
}
