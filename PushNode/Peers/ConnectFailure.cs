using System.Security.Authentication;

namespace PushNode.Peers;

/// <summary>Why another node could not be reached, in words.</summary>
internal static class ConnectFailure
{
    /// <param name="failure">What the client threw.</param>
    /// <param name="certificates">What this node speaks.</param>
    public static string Describe(HttpRequestException failure, PeerCertificates certificates)
    {
        Exception cause = failure.GetBaseException();
        if (failure.HttpRequestError == HttpRequestError.SecureConnectionError)
            return cause is PeerCertificateException or not AuthenticationException ? cause.Message : $"TLS failed ({cause.Message.TrimEnd('.')}): is its Cluster:Listen https too?";
        // There is no type or code for it. A certificate is refused after the client's part of the handshake, so that its own end looks well.
        if (!Chain(failure).Any(static e => e.Message.Contains("HTTP/2 handshake", StringComparison.Ordinal)))
            return failure.Message;
        return certificates.IsMutual ? "it broke off before it said anything: it may refuse this node's certificate, which its log would tell"
            : certificates.IsUsed ? "it broke off before it said anything: it may want this node's certificate (does it have Cluster:CaFile?)"
            : "it broke off before it said anything: is its Cluster:Listen https, and this node's http?";
    }

    private static IEnumerable<Exception> Chain(Exception outermost)
    {
        for (Exception? e = outermost; e is not null; e = e.InnerException)
            yield return e;
    }
}
