using System.Security.Authentication;

namespace PushNode.Peers;

/// <summary>Another node's certificate is not taken.</summary>
internal sealed class PeerCertificateException(string message) : AuthenticationException(message);
