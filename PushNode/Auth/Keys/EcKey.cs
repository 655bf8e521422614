using System.Security.Cryptography;
using Microsoft.Extensions.ObjectPool;

namespace PushNode.Auth.Keys;

/// <summary>A public key on the curve P-256.</summary>
internal sealed class EcKey : VerificationKey
{
    private const string P256 = "1.2.840.10045.3.1.7";

    // RFC 7518 section 3.4: r and s of 32 bytes each, not the ASN.1 form.
    private const int SignatureLength = 64;

    private readonly ObjectPool<ECDsa> instances;

    /// <exception cref="CryptographicException">It is no point of the curve, or of another curve.</exception>
    public EcKey(string? keyId, ECParameters parameters, JwsAlgorithms allowed = JwsAlgorithms.ES256)
        : base(keyId, allowed & JwsAlgorithms.ES256)
    {
        // Windows names the curve, the other systems number it.
        if (!parameters.Curve.IsNamed || (parameters.Curve.Oid.Value != P256 && parameters.Curve.Oid.FriendlyName is not ("nistP256" or "ECDSA_P256")))
            throw new CryptographicException("an EC key on another curve than P-256");
        instances = new DefaultObjectPool<ECDsa>(new ImportedKeyPolicy<ECDsa>(() => ECDsa.Create(parameters)));
        instances.Return(instances.Get());
    }

    public override bool Verify(JwsAlgorithms algorithm, ReadOnlySpan<byte> data, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != SignatureLength)
            return false;
        ECDsa ecdsa = instances.Get();
        try
        {
            return ecdsa.VerifyData(data, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        }
        finally
        {
            instances.Return(ecdsa);
        }
    }
}
