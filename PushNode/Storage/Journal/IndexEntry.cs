namespace PushNode.Storage.Journal;

/// <summary>Where a message lies: 24 bytes for each message kept.</summary>
internal readonly struct IndexEntry(long seq, int segment, uint offset, int length, long expires)
{
    private const int Second = 1000;

    private readonly uint expiresSeconds = (uint)Math.Clamp((expires / Second) + 1, 0, uint.MaxValue);

    public long Seq { get; } = seq;

    public int Segment { get; } = segment;

    /// <summary>Where its record begins in the segment.</summary>
    public uint Offset { get; } = offset;

    /// <summary>The length of its record, framing included.</summary>
    public int Length { get; } = length;

    /// <summary>Whether it has expired for sure; up to a second late, the record itself knows better.</summary>
    public bool HasExpired(long now) => expiresSeconds * (long)Second <= now && expiresSeconds != uint.MaxValue;
}
