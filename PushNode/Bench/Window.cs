namespace PushNode.Bench;

/// <summary>A stretch of time, in nanoseconds; its end does not belong to it.</summary>
internal readonly record struct Window(long Start, long End)
{
    public static readonly Window None;

    public bool Contains(long time) => time >= Start && time < End;
}
