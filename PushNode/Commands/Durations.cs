using System.CommandLine.Parsing;
using System.Globalization;

namespace PushNode.Commands;

/// <summary>Durations as they are typed: <c>90</c> or <c>90s</c>, <c>15m</c>, <c>1h</c>, <c>7d</c>.</summary>
internal static class Durations
{
    public const string Form = "a number of seconds, or with a unit: 90s, 15m, 1h, 7d";

    private const int MaxDays = 36_500;
    private const long MaxSeconds = MaxDays * 24L * 60 * 60;

    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = default;
        int unit = text.Length == 0 ? 0 : text[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86_400, _ => 0 };
        ReadOnlySpan<char> number = unit == 0 ? text : text.AsSpan(0, text.Length - 1);
        if (!long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out long count) || count == 0 || count > MaxSeconds / Math.Max(unit, 1))
            return false;
        duration = TimeSpan.FromSeconds(count * Math.Max(unit, 1));
        return true;
    }

    /// <summary>The parser of an option that takes a duration.</summary>
    public static TimeSpan Parse(ArgumentResult result)
    {
        string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        if (!TryParse(text, out TimeSpan duration))
            result.AddError(IsWritten(text) ? $"'{text}' is out of range: it must be from 1s to {MaxDays}d" : $"'{text}' is no duration: write {Form}");
        return duration;
    }

    // As durations are, whatever the number.
    private static bool IsWritten(string text) => text.TrimEnd('s', 'm', 'h', 'd') is { Length: > 0 } number && text.Length - number.Length <= 1 && number.All(char.IsAsciiDigit);
}
