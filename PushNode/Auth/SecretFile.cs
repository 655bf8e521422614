using PushNode.Settings;

namespace PushNode.Auth;

/// <summary>A setting whose value stands in a file of its own.</summary>
internal static class SecretFile
{
    /// <summary>The text of the file without the line ends after it.</summary>
    /// <exception cref="SettingsException">It cannot be read, is empty, or is no text of a sensible size.</exception>
    public static string Read(string key, string path, int maxBytes = 64 * 1024)
    {
        try
        {
            if (new FileInfo(path).Length > maxBytes)
                throw new SettingsException(key, path, $"the file is larger than {maxBytes} bytes, too large for what it should hold");
            string text = File.ReadAllText(path).TrimEnd('\r', '\n');
            return text.Length > 0 ? text : throw new SettingsException(key, path, "the file is empty");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new SettingsException(key, path, $"the file cannot be read: {e.Message}");
        }
    }

    /// <summary>Why a text cannot be sent as a bearer key; null when it can.</summary>
    public static string? FindHeaderFault(string text) =>
        text.Length > 0 && text.AsSpan().IndexOfAnyExceptInRange('!', '~') < 0 ? null : "must consist of visible ASCII characters without spaces";
}
