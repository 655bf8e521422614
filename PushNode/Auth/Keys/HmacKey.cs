using System.Diagnostics;
using System.Security.Cryptography;
using PushNode.Settings;

namespace PushNode.Auth.Keys;

/// <summary>A shared secret. RFC 7518 section 3.2: a key shorter than the hash must not be used, so its length decides what it is good for.</summary>
internal sealed class HmacKey(string? keyId, byte[] secret, JwsAlgorithms allowed = JwsAlgorithms.Symmetric)
    : VerificationKey(keyId, allowed & AlgorithmsFor(secret.Length))
{
    /// <summary>The shortest secret: that of HS256.</summary>
    public const int MinBytes = HMACSHA256.HashSizeInBytes;

    /// <summary>What a secret of that many bytes can be used for.</summary>
    public static JwsAlgorithms AlgorithmsFor(int length) => length switch
    {
        >= HMACSHA512.HashSizeInBytes => JwsAlgorithms.Symmetric,
        >= HMACSHA384.HashSizeInBytes => JwsAlgorithms.HS256 | JwsAlgorithms.HS384,
        >= HMACSHA256.HashSizeInBytes => JwsAlgorithms.HS256,
        _ => JwsAlgorithms.Empty,
    };

    public static SettingError TooShort(string key, int length) =>
        new(
            key,
            null,
            $"has {length} bytes: a shared secret needs at least {MinBytes} (HS256), 48 for HS384, 64 for HS512; 'openssl rand -base64 48' makes a good one");

    public override bool Verify(JwsAlgorithms algorithm, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        Span<byte> expected = stackalloc byte[HMACSHA512.HashSizeInBytes];
        return CryptographicOperations.FixedTimeEquals(expected[..Sign(algorithm, data, expected)], signature);
    }

    /// <summary>Writes the signature (at most 64 bytes) to <paramref name="target"/>; returns its length.</summary>
    public int Sign(JwsAlgorithms algorithm, ReadOnlySpan<byte> data, Span<byte> target) => algorithm switch
    {
        JwsAlgorithms.HS256 => HMACSHA256.HashData(secret, data, target),
        JwsAlgorithms.HS384 => HMACSHA384.HashData(secret, data, target),
        JwsAlgorithms.HS512 => HMACSHA512.HashData(secret, data, target),
        _ => throw new UnreachableException($"{algorithm} with a shared secret"),
    };
}
