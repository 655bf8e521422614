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

    /// <summary>Reads the time at the start of <paramref name="source"/>; false when there is none.</summary>
    public static bool TryRead(ReadOnlySpan<byte> source, out long unixMilliseconds)
    {
        unixMilliseconds = 0;
        if (source.Length < Length || source[10] != 'T' || source[23] != 'Z')
            return false;
        bool isTime = TryReadNumber(source[..4], out int year) & TryReadNumber(source[5..7], out int month) & TryReadNumber(source[8..10], out int day)
            & TryReadNumber(source[11..13], out int hour) & TryReadNumber(source[14..16], out int minute) & TryReadNumber(source[17..19], out int second)
            & TryReadNumber(source[20..23], out int millisecond);
        if (!isTime || year == 0 || month is 0 or > 12 || day == 0 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 59)
            return false;
        unixMilliseconds = (new DateTime(year, month, day, hour, minute, second, DateTimeKind.Utc).Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond;
        unixMilliseconds += millisecond;
        return true;
    }

    private static bool TryReadNumber(ReadOnlySpan<byte> digits, out int number)
    {
        number = 0;
        foreach (byte digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'9')
                return false;
            number = (number * 10) + digit - '0';
        }

        return true;
    }

    public static string ToText(long unixMilliseconds) => DateTimeOffset.FromUnixTimeMilliseconds(unixMilliseconds).ToString(Format, null);
}
