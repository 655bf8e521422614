using System.Text;
using PushNode.Settings;

namespace PushNode.Auth.Keys;

/// <summary>Reads the configured keys at start, so that a wrong one stops the start and not the first client.</summary>
internal static class KeyLoader
{
    /// <summary>The shared secret or the PEM key of the settings.</summary>
    /// <exception cref="SettingsException">It cannot be used.</exception>
    public static VerificationKey Load(JwtOptions jwt) => jwt.KeyFile is null ? LoadSecret(jwt) : PemFile.Read("Auth:Jwt:KeyFile", jwt.KeyFile);

    /// <summary>The shared secret of the settings.</summary>
    /// <exception cref="SettingsException">It cannot be read or is too short.</exception>
    public static HmacKey LoadSecret(JwtOptions jwt)
    {
        byte[] secret = Encoding.UTF8.GetBytes(jwt.Secret ?? SecretFile.Read("Auth:Jwt:SecretFile", jwt.SecretFile!));
        return secret.Length >= HmacKey.MinBytes
            ? new HmacKey(null, secret)
            : throw new SettingsException([HmacKey.TooShort(jwt.Secret is null ? "Auth:Jwt:SecretFile" : "Auth:Jwt:Secret", secret.Length)]);
    }

    /// <summary>Tries a key set that is a file; one at a URL is fetched later, for its server may be away for a while.</summary>
    /// <exception cref="SettingsException">The file is no key set with a usable key.</exception>
    public static void CheckFile(string path)
    {
        try
        {
            if (new FileInfo(path).Length > JwksDocument.MaxBytes)
                throw new FormatException($"it is larger than {JwksDocument.MaxBytes} bytes");
            JwksDocument.Parse(File.ReadAllBytes(path), RotatingKeys.AlgorithmsFrom(path));
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new SettingsException("Auth:Jwt:Jwks", path, $"the file cannot be used: {e.Message}");
        }
    }

    /// <summary>Refuses an allow-list with algorithms that the keys cannot do: they would be accepted in name only.</summary>
    /// <exception cref="SettingsException">There is one.</exception>
    public static void CheckAlgorithms(JwtOptions jwt, JwsAlgorithms possible)
    {
        if (jwt.AllowedAlgorithms is { } allowed && (allowed & ~possible) is var impossible && impossible != JwsAlgorithms.Empty)
        {
            throw new SettingsException(
                "Auth:Jwt:Algorithms",
                string.Join(", ", jwt.Algorithms!),
                $"the configured key cannot do {JwsAlgorithmNames.ToText(impossible)}; it can do {JwsAlgorithmNames.ToText(possible)}");
        }
    }
}
