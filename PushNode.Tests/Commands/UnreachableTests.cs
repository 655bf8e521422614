using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Authentication;
using PushNode.Commands;

namespace PushNode.Tests.Commands;

internal sealed class UnreachableTests
{
    [Test]
    public void Reason_IsTheOneThatLiesDeepest()
    {
        var e = new WebSocketException("Unable to connect", new HttpRequestException("The SSL connection could not be established, see inner exception.", new AuthenticationException("untrusted")));

        Assert.That(Unreachable.Reason(e), Is.EqualTo("untrusted"));
    }

    [Test]
    public void Reason_OfASocket_IsToldWithItsAddress()
    {
        var e = new HttpRequestException("Connection refused (127.0.0.1:1)", new SocketException((int)SocketError.ConnectionRefused));

        Assert.That(Unreachable.Reason(e), Is.EqualTo("Connection refused (127.0.0.1:1)"));
    }
}
