using PushNode.Settings;

namespace PushNode.Commands;

/// <summary>A secret given as an option, or as a file so that it is not in the process list.</summary>
internal static class Secrets
{
    /// <summary>Null when neither is given.</summary>
    /// <exception cref="SettingsException">Both are given, the file cannot be read, or the secret could not be sent in a header.</exception>
    public static string? Read(string option, string? value, string fileOption, string? file)
    {
        if (value is not null && file is not null)
            throw new SettingsException(option, null, $"and {fileOption} cannot be used together");
        string? secret = file is null ? value : ReadFile(fileOption, file);
        return secret is null || (secret.Length > 0 && secret.All(static c => c is > ' ' and < '\x7f'))
            ? secret
            : throw new SettingsException(file is null ? option : fileOption, file, "must be visible ASCII characters without spaces");
    }

    private static string ReadFile(string option, string file)
    {
        try
        {
            return File.ReadAllText(file).TrimEnd();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new SettingsException(option, file, $"the file cannot be read: {e.Message}");
        }
    }
}
