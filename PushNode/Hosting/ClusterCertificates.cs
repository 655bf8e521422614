using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PushNode.Peers;
using PushNode.Settings;

namespace PushNode.Hosting;

/// <summary>Reads the certificates for traffic between nodes. It is done once, at start.</summary>
internal static class ClusterCertificates
{
    /// <exception cref="SettingsException">One is missing or cannot be read.</exception>
    public static PeerCertificates Load(ClusterOptions options, bool isHttps)
    {
        if (!isHttps)
        {
            return options is { CertificateFile: null, KeyFile: null, CaFile: null }
                ? PeerCertificates.None
                : throw new SettingsException("Cluster:Listen", options.Listen, "certificates are given for it, but it is not https");
        }

        if (options.CertificateFile is null)
            throw new SettingsException("Cluster:CertificateFile", null, "is missing: an internal listener on https needs a PEM file with its certificate (and Cluster:KeyFile with the private key)");
        X509Certificate2Collection? authorities = options.CaFile is null ? null : Read("Cluster:CaFile", options.CaFile);
        X509Certificate2Collection chain = Read("Cluster:CertificateFile", options.CertificateFile);
        try
        {
            return new PeerCertificates(X509Certificate2.CreateFromPemFile(options.CertificateFile, options.KeyFile), chain, authorities);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new SettingsException("Cluster:KeyFile", options.KeyFile, $"the private key of the certificate cannot be read: {e.Message}");
        }
    }

    private static X509Certificate2Collection Read(string key, string path)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPemFile(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new SettingsException(key, path, $"the certificates cannot be read: {e.Message}");
        }

        return certificates.Count > 0 ? certificates : throw new SettingsException(key, path, "there is no certificate in this file");
    }
}
