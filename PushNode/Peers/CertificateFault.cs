using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using PushNode.Diagnostics;

namespace PushNode.Peers;

/// <summary>What is wrong with the certificate of another node, or of Redis, in words that go on after "its certificate".</summary>
internal static class CertificateFault
{
    /// <summary>What the system finds wrong; null for nothing.</summary>
    /// <param name="errors">What it has found.</param>
    /// <param name="chain">The way to an authority, as far as it goes.</param>
    /// <param name="authority">How to name the authority, if it is another one than the system's.</param>
    /// <param name="name">The name it should be for, as in "what is in …".</param>
    public static string? Describe(SslPolicyErrors errors, X509Chain? chain, string authority, string name)
    {
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors) && chain is not null)
            return Describe(chain, $"an authority that this system trusts ({authority})");
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch))
            return $"is for another name than the one in its address: it must name {name}";
        return errors == SslPolicyErrors.None ? null : $"is refused: {errors}";
    }

    /// <summary>What is wrong with the way from it to one of the authorities.</summary>
    /// <param name="chain">The way, as far as it goes.</param>
    /// <param name="authority">What it should be of, as in "an authority of ours".</param>
    public static string Describe(X509Chain chain, string authority)
    {
        X509ChainStatusFlags all = chain.ChainStatus.Aggregate(X509ChainStatusFlags.NoError, static (flags, status) => flags | status.Status);
        // The signature is wrong where another authority bears the same name.
        if ((all & (X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.NotSignatureValid)) != 0)
            return $"is not of {authority}";
        X509ChainElement? untimely = chain.ChainElements.FirstOrDefault(static e => e.ChainElementStatus.Any(static s => s.Status == X509ChainStatusFlags.NotTimeValid));
        return untimely is not null
            ? string.Create(CultureInfo.InvariantCulture, $"has expired or is not valid yet: {Quoted.Text(untimely.Certificate.Subject)} is valid from {untimely.Certificate.NotBefore.ToUniversalTime():u} to {untimely.Certificate.NotAfter.ToUniversalTime():u}")
            : $"is refused: {all}";
    }
}
