using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace PushNode.Peers;

/// <summary>The certificates for traffic between nodes; none when it is in the clear.</summary>
/// <param name="own">What this node shows the others.</param>
/// <param name="chain">The certificates of its issuers.</param>
/// <param name="authorities">The cluster's own authorities, with which TLS is mutual; null: each certificate is checked by name, by those of the system.</param>
internal sealed class PeerCertificates(X509Certificate2? own, X509Certificate2Collection chain, X509Certificate2Collection? authorities)
{
    /// <summary>Traffic in the clear.</summary>
    public static PeerCertificates None { get; } = new(null, [], null);

    public bool IsUsed => own is not null;

    public SslClientAuthenticationOptions ForClient()
    {
        var options = new SslClientAuthenticationOptions();
        if (authorities is null)
            return options;
        options.ClientCertificateContext = SslStreamCertificateContext.Create(own!, chain);
        options.RemoteCertificateValidationCallback = (_, certificate, sent, _) => IsOurs(certificate as X509Certificate2, sent);
        return options;
    }

    public HttpsConnectionAdapterOptions ForServer()
    {
        var options = new HttpsConnectionAdapterOptions { ServerCertificate = own, ServerCertificateChain = chain };
        if (authorities is null)
            return options;
        options.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
        options.ClientCertificateValidation = (certificate, sent, _) => IsOurs(certificate, sent);
        return options;
    }

    // Nodes are reached by addresses that come and go: whoever has a certificate of the cluster's own authority belongs to it.
    private bool IsOurs(X509Certificate2? certificate, X509Chain? sent)
    {
        if (certificate is null)
            return false;
        using var path = new X509Chain();
        path.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        path.ChainPolicy.CustomTrustStore.AddRange(authorities!);
        path.ChainPolicy.ExtraStore.AddRange(chain);
        // Its issuers need not be those of this node: they come along with it.
        if (sent is not null)
            path.ChainPolicy.ExtraStore.AddRange(sent.ChainPolicy.ExtraStore);
        path.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        // Whoever is not let in yet must not have this node fetch what it names.
        path.ChainPolicy.DisableCertificateDownloads = true;
        return path.Build(certificate);
    }
}
