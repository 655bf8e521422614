namespace PushNode.Messages;

/// <summary>Times as the wire has them: ISO 8601 in UTC with milliseconds, <c>2026-11-21T08:00:00.000Z</c>.</summary>
internal static class Timestamp
{
    /// <summary>The length of the text, in bytes.</summary>
    public const int Length = 24;

    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    /// <summary>Writes the time at the start of <paramref name="target"/>; returns its length.</summary>
    public static int Write(Span<byte> target, long unixMilliseconds)
    {
        DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds).TryFormat(target, out int written, Format);
        return written;
    }

    public static string ToText(long unixMilliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds).ToString(Format, null);
}
