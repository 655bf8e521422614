using System.Globalization;
using System.Text.RegularExpressions;

namespace PushNode.Settings;

/// <summary>A setting as it is written.</summary>
internal static partial class SettingText
{
    private const string Duration = "it must be a duration written hh:mm:ss or d.hh:mm:ss: 00:01:00 is a minute, 1.12:00:00 a day and a half, 00:00:00.5 half a second";

    /// <summary>Reads a text as a string, a switch, a whole number, a duration or one of an enum's names, whatever the case of those; an optional one may be empty.</summary>
    /// <param name="text">As it was given.</param>
    /// <param name="type">What it is to be.</param>
    /// <param name="value">The value, of this type.</param>
    /// <returns>What would be right, as <see cref="SettingError.Remedy"/>; null when the text is.</returns>
    public static string? TryRead(string text, Type type, out object? value)
    {
        value = null;
        if (Nullable.GetUnderlyingType(type) is { } optional)
            return text.Length == 0 ? null : TryRead(text, optional, out value);

        value = ReadAs(text, type);
        return value is null ? FindRemedy(text, type) : null;
    }

    private static object? ReadAs(string text, Type type)
    {
        if (type == typeof(string))
            return text;
        if (type.IsEnum)
            return Enum.GetNames(type).FirstOrDefault(name => name.Equals(text.Trim(), StringComparison.OrdinalIgnoreCase)) is { } name ? Enum.Parse(type, name) : null;
        if (type == typeof(bool))
            return bool.TryParse(text, out bool flag) ? flag : null;
        if (type == typeof(int))
            return int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out int number) ? number : null;
        if (type == typeof(long))
            return long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out long number) ? number : null;
        if (type == typeof(TimeSpan))
            return ReadDuration(text.Trim());
        throw new NotSupportedException($"No setting can be a {type}.");
    }

    // .NET takes 60 for 60 days, 24:00:00 for 24 of them and 1:30 for an hour and a half; who writes that hardly means it.
    private static object? ReadDuration(string text) =>
        FullDuration().IsMatch(text) && TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out TimeSpan duration) ? duration : null;

    private static string FindRemedy(string text, Type type)
    {
        if (type.IsEnum)
            return $"it must be one of {string.Join(", ", Enum.GetNames(type))}";
        if (type == typeof(bool))
            return "it must be true or false";
        if (type == typeof(TimeSpan))
            return Duration;
        // A setting's own bounds are lower, and are told once this is a number.
        return text.Length > 0 && text.All(char.IsAsciiDigit)
            ? $"it must be at most {(type == typeof(int) ? int.MaxValue : long.MaxValue)}"
            : "it must be a whole number written in digits alone, such as 65536";
    }

    [GeneratedRegex(@"^-?(\d+\.)?\d{1,2}:\d\d:\d\d(\.\d{1,7})?$", RegexOptions.CultureInvariant)]
    private static partial Regex FullDuration();
}
