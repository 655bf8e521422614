using System.Security.Cryptography;
using System.Text;

namespace PushNode.Peers;

/// <summary>What the nodes of a cluster show one another.</summary>
/// <param name="text">Visible ASCII, at least 16 characters.</param>
internal sealed class ClusterSecret(string text)
{
    private readonly byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes(text));

    public string Text { get; } = text;

    /// <summary>Compares in a time that tells nothing of where they differ.</summary>
    public bool IsRight(string? shown) =>
        shown is not null && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(shown)), hash);
}
