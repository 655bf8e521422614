using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using PushNode.Settings;

namespace PushNode.Hosting;

/// <summary>The certificate of the https addresses. It is read once, at start.</summary>
internal sealed class TlsOptions : ISettings
{
    public static string Section => "Tls";

    /// <summary>A PEM file with the certificate, followed by those of its issuers.</summary>
    public string? CertificateFile { get; set; }

    /// <summary>A PEM file with the private key; left out when the key stands in <see cref="CertificateFile"/>.</summary>
    public string? KeyFile { get; set; }

    public IEnumerable<SettingError> Check()
    {
        if (KeyFile is not null && CertificateFile is null)
            yield return new SettingError("Tls:CertificateFile", null, "is missing: a key is given, but no certificate");
    }

    /// <summary>Reads the certificate for those of the addresses that are https; null when none is.</summary>
    /// <exception cref="SettingsException">There is no certificate, it cannot be read, or there is nothing to use it for.</exception>
    public HttpsConnectionAdapterOptions? Load(IReadOnlyList<ListenAddress> urls)
    {
        if (!urls.Any(static u => u.IsHttps))
        {
            return CertificateFile is null
                ? null
                : throw new SettingsException("Tls:CertificateFile", CertificateFile, "it would do nothing, for no address in Urls is https: write https:// for one that is to use it (--urls https://*:8443), or leave it out");
        }

        if (CertificateFile is null)
            throw new SettingsException("Tls:CertificateFile", null, "is missing: an https address needs a PEM file with its certificate (and Tls:KeyFile with the private key)");
        try
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(CertificateFile);
            return new HttpsConnectionAdapterOptions
            {
                ServerCertificate = X509Certificate2.CreateFromPemFile(CertificateFile, KeyFile),
                ServerCertificateChain = chain,
            };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new SettingsException("Tls:CertificateFile", CertificateFile, $"the certificate and its key cannot be read: {e.Message}");
        }
    }
}
