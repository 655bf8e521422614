namespace PushNode.Push;

/// <summary>Frames on their way out, and how far they have been written.</summary>
internal struct FrameBatch(FrameQueue frames)
{
    private FrameQueue frames = frames;
    private int index;
    private int offset;
    private int taken;

    /// <summary>Whether anything is left to be written.</summary>
    public readonly bool HasMore => index < frames.Count;

    /// <summary>Whether what is left is of one frame.</summary>
    public readonly bool IsLast => index == frames.Count - 1;

    /// <summary>The next bytes, up to <paramref name="most"/>, of one frame.</summary>
    public ReadOnlySpan<byte> Take(int most)
    {
        ReadOnlySpan<byte> rest = frames[index].Span[offset..];
        bool whole = rest.Length <= most;
        ReadOnlySpan<byte> part = whole ? rest : rest[..most];
        index += whole ? 1 : 0;
        offset = whole ? 0 : offset + most;
        taken += part.Length;
        return part;
    }

    /// <summary>How many bytes have been taken since it was last asked.</summary>
    public int TakeLength()
    {
        int length = taken;
        taken = 0;
        return length;
    }

    /// <summary>The frames are no longer used.</summary>
    public void Release() => frames.Release();
}
