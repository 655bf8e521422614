using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using PushNode.Diagnostics;

namespace PushNode.Peers;

/// <summary>The certificates for traffic between nodes; none when it is in the clear.</summary>
/// <param name="own">What this node shows the others.</param>
/// <param name="chain">The certificates of its issuers.</param>
/// <param name="authorities">The cluster's own authorities, with which TLS is mutual; null: each certificate is checked by name, by those of the system.</param>
internal sealed class PeerCertificates(X509Certificate2? own, X509Certificate2Collection chain, X509Certificate2Collection? authorities)
{
    private static readonly TimeSpan ComplaintInterval = TimeSpan.FromSeconds(10);

    /// <summary>Traffic in the clear.</summary>
    public static PeerCertificates None { get; } = new(null, [], null);

    public bool IsUsed => own is not null;

    /// <summary>Whether both sides show a certificate.</summary>
    public bool IsMutual => authorities is not null;

    public SslClientAuthenticationOptions ForClient() => new()
    {
        ClientCertificateContext = IsMutual ? SslStreamCertificateContext.Create(own!, chain) : null,
        // A refusal by false would say nothing to the log.
        RemoteCertificateValidationCallback = (_, certificate, sent, errors) =>
            FindFault(certificate as X509Certificate2, sent, errors) is { } fault ? throw new PeerCertificateException($"its certificate {fault}") : true,
    };

    /// <param name="logger">Told of the nodes that are refused, now and then.</param>
    /// <param name="time">The clock.</param>
    public TlsHandshakeCallbackOptions ForServer(ILogger logger, TimeProvider time)
    {
        var complaint = new Occasional(time, ComplaintInterval);
        var context = SslStreamCertificateContext.Create(own!, chain);
        return new TlsHandshakeCallbackOptions
        {
            OnConnection = handshake => ValueTask.FromResult(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = context,
                ClientCertificateRequired = IsMutual,
                RemoteCertificateValidationCallback = (_, certificate, sent, errors) => !IsMutual || IsLetIn(certificate as X509Certificate2, sent, errors, handshake.Connection),
            }),
        };

        bool IsLetIn(X509Certificate2? certificate, X509Chain? sent, SslPolicyErrors errors, BaseConnectionContext connection)
        {
            if (FindFault(certificate, sent, errors) is not { } fault)
                return true;
            if (complaint.IsDue())
                PeerLog.CertificateRefused(logger, $"{connection.RemoteEndPoint}", fault);
            return false;
        }
    }

    // Nodes are reached by addresses that come and go: whoever has a certificate of the cluster's own authority belongs to it.
    private string? FindFault(X509Certificate2? certificate, X509Chain? sent, SslPolicyErrors errors)
    {
        if (certificate is null)
            return "is missing: it shows none";
        if (authorities is null)
            return CertificateFault.Describe(errors, sent, "Cluster:CaFile names the cluster's own", "what its Cluster:Advertise says");
        using var path = new X509Chain();
        path.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        path.ChainPolicy.CustomTrustStore.AddRange(authorities);
        path.ChainPolicy.ExtraStore.AddRange(chain);
        // Its issuers need not be those of this node: they come along with it.
        if (sent is not null)
            path.ChainPolicy.ExtraStore.AddRange(sent.ChainPolicy.ExtraStore);
        path.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        // Whoever is not let in yet must not have this node fetch what it names.
        path.ChainPolicy.DisableCertificateDownloads = true;
        return path.Build(certificate) ? null : CertificateFault.Describe(path, "an authority in this node's Cluster:CaFile");
    }
}
