using System.Globalization;

namespace PushNode.Settings;

/// <summary>One setting that stops the start.</summary>
/// <param name="Key">The full key, such as <c>Collect:MaxDataBytes</c>.</param>
/// <param name="Value">What it was set to; null for a value that is missing or secret.</param>
/// <param name="Remedy">What would be right, as the rest of a sentence that starts with the key.</param>
internal sealed record SettingError(string Key, string? Value, string Remedy)
{
    public override string ToString() => Value is null ? $"{Key} {Remedy}" : $"{Key} is '{Value}': {Remedy}";

    /// <summary>An error when the value is outside the range, bounds included.</summary>
    public static IEnumerable<SettingError> Range<T>(string key, T value, T min, T max)
        where T : IComparable<T>, IFormattable
    {
        if (value.CompareTo(min) < 0 || value.CompareTo(max) > 0)
        {
            yield return new SettingError(
                key,
                value.ToString(null, CultureInfo.InvariantCulture),
                $"it must be from {min.ToString(null, CultureInfo.InvariantCulture)} to {max.ToString(null, CultureInfo.InvariantCulture)}");
        }
    }
}
