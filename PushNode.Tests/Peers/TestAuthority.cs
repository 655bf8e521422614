using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using PushNode.Hosting;
using PushNode.Peers;
using PushNode.Tests.Support;

namespace PushNode.Tests.Peers;

/// <summary>A certificate authority of the test's own, and the files that nodes get from it.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly X509Certificate2 certificate = Make("CN=the cluster", isAuthority: true, issuer: null);
    private int files;

    /// <summary>Its certificate, as a PEM file.</summary>
    public string File => Write(certificate.ExportCertificatePem());

    /// <summary>Settings of a node with a certificate of its own of this authority.</summary>
    /// <param name="port">Of the internal listener.</param>
    /// <param name="mutual">Whether it has the authority's certificate, so that nodes show theirs to one another.</param>
    /// <param name="throughAnother">Whether its certificate was issued by an authority in between, whose certificate it has too.</param>
    /// <param name="expired">Whether the node's certificate has expired.</param>
    public ClusterOptions Options(int port, bool mutual = true, bool throughAnother = false, bool expired = false)
    {
        using X509Certificate2 between = Make($"CN=in between {Interlocked.Increment(ref files)}", isAuthority: true, certificate);
        using X509Certificate2 own = Make("CN=a node", isAuthority: false, throughAnother ? between : certificate, expired: expired);
        ClusterOptions options = PeerHost.Options(port);
        options.Listen = $"https://127.0.0.1:{port}";
        options.CertificateFile = Write(own.ExportCertificatePem() + "\n" + (throughAnother ? between.ExportCertificatePem() : ""));
        options.KeyFile = Write(own.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        options.CaFile = mutual ? Write(certificate.ExportCertificatePem()) : null;
        return options;
    }

    /// <summary>Options of a redis-server that speaks TLS at this port with a certificate of this authority.</summary>
    /// <param name="port">Beside the port where it does not.</param>
    /// <param name="address">What the certificate names; by default 127.0.0.1.</param>
    /// <param name="expired">Whether the certificate has expired.</param>
    public string[] RedisOptions(int port, IPAddress? address = null, bool expired = false)
    {
        using X509Certificate2 own = Make("CN=a redis", isAuthority: false, certificate, address, expired);
        string key = Write(own.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        return ["--tls-port", $"{port}", "--tls-cert-file", Write(own.ExportCertificatePem()), "--tls-key-file", key, "--tls-auth-clients", "no", "--tls-ca-cert-file", File];
    }

    public PeerCertificates Certificates(bool mutual = true, bool throughAnother = false) => ClusterCertificates.Load(Options(1, mutual, throughAnother), isHttps: true);

    public void Dispose()
    {
        certificate.Dispose();
        folder.Dispose();
    }

    private static X509Certificate2 Make(string name, bool isAuthority, X509Certificate2? issuer, IPAddress? address = null, bool expired = false)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(isAuthority, false, 0, true));
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(address ?? IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        if (issuer is null)
            return request.CreateSelfSigned(now.AddDays(-2), now.AddDays(2));
        using X509Certificate2 issued = request.Create(issuer, now.AddDays(-1), expired ? now.AddHours(-1) : now.AddDays(1), RandomNumberGenerator.GetBytes(8));
        return issued.CopyWithPrivateKey(key);
    }

    private string Write(string text)
    {
        string file = folder.File($"{Interlocked.Increment(ref files)}.pem");
        System.IO.File.WriteAllText(file, text);
        return file;
    }
}
