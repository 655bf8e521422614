using System.Buffers;

namespace PushNode.Collect;

/// <summary>The bytes of a sequence in one piece: in place when they are, else copied into a rented buffer that goes back when this is disposed.</summary>
internal readonly ref struct ContiguousText
{
    private readonly byte[]? rented;

    public ContiguousText(in ReadOnlySequence<byte> sequence)
    {
        if (sequence.IsSingleSegment)
        {
            Bytes = sequence.FirstSpan;
            return;
        }

        int length = (int)sequence.Length;
        rented = ArrayPool<byte>.Shared.Rent(length);
        sequence.CopyTo(rented);
        Bytes = rented.AsSpan(0, length);
    }

    public ReadOnlySpan<byte> Bytes { get; }

    public void Dispose()
    {
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
    }
}
