using System.Net.Security;
using Microsoft.Extensions.Logging;
using PushNode.Peers;
using PushNode.Tests.Support;

namespace PushNode.Tests.Peers;

internal sealed class PeerTlsTests : IDisposable
{
    private const string Path = "/ask";

    private readonly TestAuthority authority = new();
    private readonly CountedService service = new(Path, static call => call.AnswerAsync(call.Body).AsTask());

    public void Dispose() => authority.Dispose();

    [TestCase(false, false)]
    [TestCase(true, false)]
    [TestCase(false, true)]
    [TestCase(true, true)]
    public async Task NodesOfOneAuthority_UnderstandEachOther(bool serverThroughAnother, bool clientThroughAnother)
    {
        await using PeerHost host = await PeerHost.StartAsync(authority.Options(Ports.Next(), throughAnother: serverThroughAnother), service);
        using PeerClient client = Client(authority.Certificates(throughAnother: clientThroughAnother));

        Assert.That(await client.CallAsync(host.Peer, Path, new byte[] { 1, 2 }, CancellationToken.None), Is.EqualTo(new byte[] { 1, 2 }));
    }

    [Test]
    public async Task ANodeOfAnotherAuthority_IsRefused()
    {
        using var other = new TestAuthority();
        await using PeerHost host = await PeerHost.StartAsync(authority.Options(Ports.Next()), service);
        // It trusts us, but we do not trust it.
        ClusterOptions trusting = other.Options(1);
        trusting.CaFile = authority.Options(1).CaFile;
        using PeerClient client = Client(PushNode.Hosting.ClusterCertificates.Load(trusting, isHttps: true));

        for (int i = 0; i < 3; i++)
            Assert.That((await AssertUnreachableAsync(client, host)).Message, Does.EndWith("it may refuse this node's certificate, which its log would tell"));
        // Whoever tries again and again does not fill the log.
        Assert.That(host.Log.At(LogLevel.Warning), Has.Exactly(1).Matches("from 127.0.0.1:[0-9]+ was refused: its certificate is not of an authority in this node's Cluster:CaFile$"));
    }

    [Test]
    public async Task ACertificateThatHasExpired_IsNamedAsSuch()
    {
        await using PeerHost host = await PeerHost.StartAsync(authority.Options(Ports.Next(), expired: true), service);
        using PeerClient client = Client(authority.Certificates());

        Assert.That((await AssertUnreachableAsync(client, host)).Message, Does.Match("its certificate has expired or is not valid yet: CN=a node is valid from .*Z to .*Z$"));
    }

    [TestCase(SslPolicyErrors.RemoteCertificateNameMismatch, "is for another name")]
    [TestCase(SslPolicyErrors.None, null)]
    public void WhatTheSystemFindsWrong_IsSaidInWords(SslPolicyErrors errors, string? words) =>
        Assert.That(CertificateFault.Describe(errors, null, "an authority", "its name"), words is null ? Is.Null : Does.StartWith(words));

    [Test]
    public async Task AServerOfAnotherAuthority_IsRefused()
    {
        using var other = new TestAuthority();
        ClusterOptions trusting = other.Options(Ports.Next());
        trusting.CaFile = authority.Options(1).CaFile;
        await using PeerHost host = await PeerHost.StartAsync(trusting, service);
        using PeerClient client = Client(authority.Certificates());

        PeerUnavailableException failure = await AssertUnreachableAsync(client, host);
        Assert.That(failure.MayHaveArrived, Is.False);
        Assert.That(failure.Message, Does.EndWith("cannot be reached: its certificate is not of an authority in this node's Cluster:CaFile"));
    }

    [Test]
    public async Task ANodeWithoutACertificate_IsRefused_WhereTlsIsMutual()
    {
        await using PeerHost host = await PeerHost.StartAsync(authority.Options(Ports.Next()), service);
        using var http = new HttpClient(new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = static (_, shown, _, _) => shown is not null } });
        using var request = new HttpRequestMessage(HttpMethod.Post, $"https://{host.Node.Address}{Path}") { Version = new Version(2, 0), Content = new ByteArrayContent([]) };
        request.Headers.Add(PeerProtocol.VersionHeader, PeerProtocol.Version);
        request.Headers.Add(PeerProtocol.SecretHeader, PeerHost.Secret);

        Assert.That(async () => await http.SendAsync(request), Throws.TypeOf<HttpRequestException>());
        Assert.That(service.Calls, Is.Zero);
        Assert.That(host.Log.At(LogLevel.Warning), Has.Exactly(1).EndsWith("was refused: its certificate is missing: it shows none"));
    }

    [Test]
    public async Task WithoutAnAuthorityOfItsOwn_ANodeTrustsThoseOfTheSystem()
    {
        await using PeerHost host = await PeerHost.StartAsync(authority.Options(Ports.Next(), mutual: false), service);
        using PeerClient client = Client(authority.Certificates(mutual: false));

        // The test's authority is none of them.
        Assert.That((await AssertUnreachableAsync(client, host)).Message, Does.Contain("is not of an authority that this system trusts"));
    }

    [Test]
    public async Task InTheClear_NoNodeSpeaksToOneWithTls()
    {
        await using PeerHost host = await PeerHost.StartAsync(authority.Options(Ports.Next()), service);
        using PeerClient client = Client(PeerCertificates.None);

        Assert.That((await AssertUnreachableAsync(client, host)).Message, Does.EndWith("is its Cluster:Listen https, and this node's http?"));
    }

    [Test]
    public async Task WithTls_NoNodeSpeaksToOneInTheClear()
    {
        await using PeerHost host = await PeerHost.StartAsync(service);
        using PeerClient client = Client(authority.Certificates());

        Assert.That((await AssertUnreachableAsync(client, host)).Message, Does.Contain("TLS failed").And.EndsWith("is its Cluster:Listen https too?"));
    }

    private static PeerClient Client(PeerCertificates certificates) => new(PeerHost.Options(1), new ClusterSecret(PeerHost.Secret), certificates, new Node("caller:1"));

    private async Task<PeerUnavailableException> AssertUnreachableAsync(PeerClient client, PeerHost host)
    {
        PeerUnavailableException? failure = null;
        try
        {
            await client.CallAsync(host.Peer, Path, default, CancellationToken.None);
        }
        catch (PeerUnavailableException e)
        {
            failure = e;
        }

        Assert.That(failure, Is.Not.Null);
        Assert.That(service.Calls, Is.Zero);
        return failure!;
    }
}
