using System.Security.Cryptography;
using System.Text;

namespace PushNode.Settings;

/// <summary>A text that both sides know, compared in a time that tells nothing of where two differ.</summary>
/// <param name="text">The secret.</param>
internal class SharedSecret(string text)
{
    private readonly byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(text));

    public string Text { get; } = text;

    public bool IsRight(string? shown) =>
        shown is not null && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(shown)), hash);
}
