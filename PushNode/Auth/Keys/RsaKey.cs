using System.Numerics;
using System.Security.Cryptography;
using Microsoft.Extensions.ObjectPool;

namespace PushNode.Auth.Keys;

/// <summary>An RSA public key of 2,048 to 16,384 bits.</summary>
internal sealed class RsaKey : VerificationKey
{
    private const int MinBits = 2_048;
    private const int MaxBits = 16_384;

    private readonly ObjectPool<RSA> instances;
    private readonly int signatureLength;

    /// <exception cref="CryptographicException">It is no RSA key, or one that is too weak or too large to be used.</exception>
    public RsaKey(string? keyId, RSAParameters parameters, JwsAlgorithms allowed = JwsAlgorithms.Rsa)
        : base(keyId, allowed & JwsAlgorithms.Rsa)
    {
        // Checked before the import, which does not expect numbers that are no key at all.
        int bits = CountBits(parameters.Modulus);
        if (bits is < MinBits or > MaxBits)
            throw new CryptographicException($"an RSA key of {bits} bits; it must have {MinBits} to {MaxBits}");
        if (!HasSoundExponent(parameters.Exponent))
            throw new CryptographicException("an RSA key whose exponent is even or 1");
        instances = new DefaultObjectPool<RSA>(new ImportedKeyPolicy<RSA>(() => RSA.Create(parameters)));
        instances.Return(instances.Get());
        signatureLength = (bits + 7) / 8;
    }

    public override bool Verify(JwsAlgorithms algorithm, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != signatureLength)
            return false;
        RSASignaturePadding padding = algorithm == JwsAlgorithms.PS256 ? RSASignaturePadding.Pss : RSASignaturePadding.Pkcs1;
        RSA rsa = instances.Get();
        try
        {
            return rsa.VerifyData(data, signature, HashAlgorithmName.SHA256, padding);
        }
        finally
        {
            instances.Return(rsa);
        }
    }

    private static int CountBits(byte[]? number) =>
        number is [> 0, ..] ? (number.Length * 8) - (BitOperations.LeadingZeroCount(number[0]) - 24) : 0;

    // With 1 every signature is its own message.
    private static bool HasSoundExponent(byte[]? exponent) =>
        exponent is [.., var last] && (last & 1) == 1 && (last != 1 || exponent.AsSpan(0, exponent.Length - 1).ContainsAnyExcept((byte)0));
}
