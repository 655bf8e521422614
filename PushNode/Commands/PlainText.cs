using System.Globalization;

namespace PushNode.Commands;

/// <summary>Text from elsewhere as it may be shown on a terminal.</summary>
internal static class PlainText
{
    /// <summary>Control characters, with which a message could steer the terminal, become <c>\u009b</c> and the like. JSON stays the same JSON.</summary>
    public static string From(string text) =>
        text.Any(IsUnsafe)
            ? string.Concat(text.Select(static c => IsUnsafe(c) ? string.Create(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}") : c.ToString()))
            : text;

    // The others are those that turn the direction of writing round, so that a line reads as what it is not.
    private static bool IsUnsafe(char c) => char.IsControl(c) || c is (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');
}
