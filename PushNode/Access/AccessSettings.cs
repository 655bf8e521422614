using PushNode.Settings;

namespace PushNode.Access;

/// <summary>Who may act as a producer: post messages, ask about users, revoke and disconnect them. Part of the section that collect's own settings are in.</summary>
internal class AccessSettings : ISettings
{
    /// <summary>The shortest API key that is taken, in characters.</summary>
    public const int MinKeyLength = 16;

    /// <summary>The longest API key that is taken, in characters.</summary>
    public const int MaxKeyLength = 256;

    public static string Section => "Collect";

    /// <summary>The API keys, 16 to 256 visible ASCII characters each; a single value is taken as a list separated by commas. None: open to everybody on this machine.</summary>
    public string[] ApiKeys { get; set; } = [];

    /// <summary>A file with more API keys, one per line; empty lines and lines that start with # are skipped.</summary>
    public string? ApiKeysFile { get; set; }

    public virtual IEnumerable<SettingError> Check() => ApiKeys
        .Select(static (key, index) => (key, index))
        .Where(static k => !IsKey(k.key))
        .Select(static k => new SettingError($"{Section}:{nameof(ApiKeys)}:{k.index}", null, KeyRule));

    /// <summary>Whether the text can be an API key.</summary>
    internal static bool IsKey(string text) =>
        text.Length is >= MinKeyLength and <= MaxKeyLength && !text.AsSpan().ContainsAnyExceptInRange('!', '~');

    /// <summary>The rule for API keys, as the rest of a sentence that starts with the setting's name.</summary>
    internal static string KeyRule { get; } =
        $"is no API key: it must be {MinKeyLength} to {MaxKeyLength} visible ASCII characters without spaces (try: openssl rand -hex 24)";
}
