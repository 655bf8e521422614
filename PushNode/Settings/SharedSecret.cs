using System.Security.Cryptography;
using System.Text;

namespace PushNode.Settings;

/// <summary>A text that both sides know, compared in a time that tells nothing of where two differ.</summary>
/// <param name="text">The secret, checked with <see cref="IsSecret"/>.</param>
internal class SharedSecret(string text)
{
    private const int MinLength = 16;

    private readonly byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(text));

    /// <summary>What a text must be to be one, as the rest of a sentence that ends in "must be".</summary>
    public static string Rule { get; } = $"at least {MinLength} visible ASCII characters without spaces (try: openssl rand -hex 24)";

    public string Text { get; } = text;

    /// <summary>Whether a text can be a secret: it is long enough, and can be sent in a header.</summary>
    public static bool IsSecret(string text) => text.Length >= MinLength && SecretFile.FindHeaderFault(text) is null;

    public bool IsRight(string? shown) =>
        shown is not null && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(shown)), hash);
}
