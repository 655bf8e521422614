using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PushNode.Settings;

namespace PushNode.Auth.Keys;

/// <summary>A public key or certificate in PEM.</summary>
internal static class PemFile
{
    /// <exception cref="SettingsException">It cannot be read, or holds anything but one public key that is strong enough.</exception>
    public static VerificationKey Read(string setting, string path)
    {
        string text = SecretFile.Read(setting, path);
        if (!PemEncoding.TryFind(text, out PemFields pem))
            throw new SettingsException(setting, path, "the file holds no PEM block; expected PUBLIC KEY, RSA PUBLIC KEY or CERTIFICATE");
        if (PemEncoding.TryFind(text.AsSpan(pem.Location.End.Value), out _))
            throw new SettingsException(setting, path, "the file holds more than one PEM block: leave the one key in it, or use Auth:Jwt:Jwks for several");
        string label = text[pem.Label];
        try
        {
            return Import(label, Convert.FromBase64String(text[pem.Base64Data]))
                ?? throw new SettingsException(setting, path, Remedy(label));
        }
        catch (CryptographicException e)
        {
            throw new SettingsException(setting, path, $"the file cannot be used: {e.Message}");
        }
    }

    private static VerificationKey? Import(string label, byte[] der)
    {
        switch (label)
        {
            case "CERTIFICATE":
                using (X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(der))
                    return Import(certificate.PublicKey);
            case "PUBLIC KEY":
                return Import(PublicKey.CreateFromSubjectPublicKeyInfo(der, out _));
            case "RSA PUBLIC KEY":
                using (RSA rsa = RSA.Create())
                {
                    rsa.ImportRSAPublicKey(der, out _);
                    return new RsaKey(null, rsa.ExportParameters(false));
                }

            default:
                return null;
        }
    }

    private static VerificationKey? Import(PublicKey key)
    {
        using RSA? rsa = key.GetRSAPublicKey();
        if (rsa is not null)
            return new RsaKey(null, rsa.ExportParameters(false));
        using ECDsa? ecdsa = key.GetECDsaPublicKey();
        return ecdsa is null ? null : new EcKey(null, ecdsa.ExportParameters(false));
    }

    private static string Remedy(string label) => label.EndsWith("PRIVATE KEY", StringComparison.Ordinal)
        ? "the file holds a private key: verifying needs the public one only ('openssl pkey -pubout' writes it)"
        : $"the file holds a {label} that is no RSA or EC public key; expected PUBLIC KEY, RSA PUBLIC KEY or CERTIFICATE";
}
