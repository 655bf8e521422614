using System.Buffers;
using System.Runtime.InteropServices;

namespace PushNode.Push;

/// <summary>Frames in order. One alone, which is most often, takes no room of its own; several are in a rented array, which an empty queue gives back.</summary>
internal struct FrameQueue
{
    private const int SmallestArray = 4;

    // The array that the only frame lies in; or the rented one of several frames.
    private object? held;
    private int startOrCount;
    private int length;

    public readonly int Count => held switch
    {
        null => 0,
        byte[] => 1,
        _ => startOrCount,
    };

    public readonly ReadOnlyMemory<byte> this[int index] =>
        held is byte[] bytes ? new ReadOnlyMemory<byte>(bytes, startOrCount, length) : ((ReadOnlyMemory<byte>[])held!)[index];

    public void Add(ReadOnlyMemory<byte> frame)
    {
        if (held is null && MemoryMarshal.TryGetArray(frame, out ArraySegment<byte> alone))
            (held, startOrCount, length) = (alone.Array, alone.Offset, alone.Count);
        else
            AddToSeveral(frame);
    }

    /// <summary>Empties it and gives the array back.</summary>
    public void Release()
    {
        if (held is ReadOnlyMemory<byte>[] frames)
            Return(frames, startOrCount);
        held = null;
    }

    private void AddToSeveral(ReadOnlyMemory<byte> frame)
    {
        int count = Count;
        if (held is not ReadOnlyMemory<byte>[] frames)
        {
            frames = ArrayPool<ReadOnlyMemory<byte>>.Shared.Rent(SmallestArray);
            if (count > 0)
                frames[0] = this[0];
        }
        else if (count == frames.Length)
        {
            ReadOnlyMemory<byte>[] full = frames;
            frames = ArrayPool<ReadOnlyMemory<byte>>.Shared.Rent(count * 2);
            full.AsSpan().CopyTo(frames);
            Return(full, count);
        }

        frames[count] = frame;
        (held, startOrCount) = (frames, count + 1);
    }

    // Only the used part is cleared: a pooled array must not keep a message alive.
    private static void Return(ReadOnlyMemory<byte>[] array, int used)
    {
        array.AsSpan(0, used).Clear();
        ArrayPool<ReadOnlyMemory<byte>>.Shared.Return(array);
    }
}
