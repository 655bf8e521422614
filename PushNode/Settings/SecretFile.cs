using System.Text;

namespace PushNode.Settings;

/// <summary>A setting whose value stands in a file of its own.</summary>
internal static class SecretFile
{
    private const int MaxBytes = 64 * 1024;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The text of the file without the line ends after it.</summary>
    /// <exception cref="SettingsException">It cannot be read, is empty, or is no text of a sensible size.</exception>
    public static string Read(string key, string path)
    {
        try
        {
            if (new FileInfo(path).Length > MaxBytes)
                throw new SettingsException(key, path, $"the file is larger than {MaxBytes} bytes, too large for what it should hold");
            string text = File.ReadAllText(path, Strict).TrimEnd('\r', '\n');
            return text.Length > 0 ? text : throw new SettingsException(key, path, "the file is empty");
        }
        catch (DecoderFallbackException)
        {
            // Bytes that are no text would be replaced, and the key would be another one than was meant.
            throw new SettingsException(key, path, "the file is not text in UTF-8");
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
