using System.Net;
using Microsoft.Extensions.Logging;
using PushNode.Messages;
using PushNode.Tests.Peers;
using PushNode.Tests.Support;

namespace PushNode.Tests.Cluster;

/// <summary>A Redis behind TLS whose certificate is of an authority of the test's own.</summary>
internal sealed class RedisTlsTests
{
    private const string Password = "s3cret";

    private readonly TestAuthority authority = new();
    private readonly int port = Ports.Next();

    [TearDown]
    public void Dispose() => authority.Dispose();

    [TestCase("rediss://:s3cret@127.0.0.1:{0}/2", "127.0.0.1")]
    [TestCase("127.0.0.1:{0},ssl=true,password=s3cret,defaultDatabase=2,sslHost=10.9.9.9", "10.9.9.9")]
    public async Task Redis_OverTls_WithAPassword_IsUsed(string connection, string name)
    {
        await using RedisServer server = await RedisServer.StartWithPasswordAsync(Password, authority.RedisOptions(port, IPAddress.Parse(name)));
        await using NodeProcess node = Prepare(string.Format(null, connection, port));

        await node.StartAsync();
        await using TestClient client = await TestClient.ConnectAsync(node.Address, Tokens.For("alice"), "device=phone");
        await client.WaitForAsync("live", "user:alice");
        using var producer = new Producer(node.Address);
        await producer.PushToAsync("alice");
        await client.WaitForMessagesAsync(1);

        string[] keys = await server.CommandAsync("-n", "2", "KEYS", "*");
        Assert.That(keys, Does.Contain("pn:nodes").And.Contain("pn:route:user:alice").And.Contain("pn:store"));
        Assert.That(await server.CommandAsync("-n", "0", "DBSIZE"), Is.EqualTo(new[] { "0" }));
        Assert.That((await server.CommandAsync("CLIENT", "LIST")).Where(static c => c.Contains("name=pushnode", StringComparison.Ordinal)), Is.All.Contains($":{port} ").And.Not.Empty);
        Assert.That(node.Output, Does.Contain($"reached at 127.0.0.1:{port} (database 2)").And.Not.Contains(Password));
    }

    [TestCase("", "asks for a password (NOAUTH)")]
    [TestCase(",password=a-wrong-one", "does not accept the password of Redis:Connection (WRONGPASS)")]
    [TestCase(",defaultDatabase=99,password=s3cret", "The database does not exist on the server: 99")]
    public async Task Redis_OverTls_WithWhatItDoesNotAccept_IsExplained(string given, string why)
    {
        await using RedisServer server = await RedisServer.StartWithPasswordAsync(Password, authority.RedisOptions(port));
        await using NodeProcess node = Prepare($"127.0.0.1:{port},ssl=true{given}");

        node.Launch();
        await Eventually.BecomesTrueAsync(async () => (await node.ReadinessAsync()).Contains(why, StringComparison.Ordinal), "readiness tells why: " + why);

        Assert.That(node.Output, Does.Contain(why).And.Not.Contains("-wrong-").And.Not.Contains(Password));
    }

    [TestCase(false, null, "is not of an authority that this system trusts")]
    [TestCase(true, "10.9.9.9", "is for another name than the one in its address: it must name what is in Redis:Connection")]
    [TestCase(true, null, "has expired or is not valid yet")]
    public async Task Redis_WhoseCertificateIsWrong_IsExplained(bool trusted, string? name, string why)
    {
        bool expired = trusted && name is null;
        await using RedisServer server = await RedisServer.StartAsync(authority.RedisOptions(port, name is null ? null : IPAddress.Parse(name), expired));
        await using NodeProcess node = Prepare($"rediss://127.0.0.1:{port}", trusted);

        node.Launch();
        await Eventually.BecomesTrueAsync(async () => (await node.ReadinessAsync()).Contains(why, StringComparison.Ordinal), "readiness tells why: " + why);

        Assert.That(await node.ReadinessAsync(), Does.Contain($"the certificate of 127.0.0.1:{port} {why}"));
        Assert.That(node.Output, Does.Contain($"the certificate of 127.0.0.1:{port} {why}"));
        Assert.That(await server.CommandAsync("DBSIZE"), Is.EqualTo(new[] { "0" }));
    }

    [Test]
    public async Task Redis_WithoutTls_WhereItShouldHaveIt_IsExplained()
    {
        await using RedisServer server = await RedisServer.StartAsync();
        await using RedisMember member = RedisMember.Prepare($"rediss://{server.Address}", "10.0.0.1:8081");

        await member.Pulse.StartAsync(default);
        await Eventually.BecomesTrueAsync(() => member.Logs.At(LogLevel.Warning).Count > 0, "it says why it cannot use Redis");

        Assert.That(member.Logs.At(LogLevel.Warning)[0], Does.Contain("does not answer as Redis does with TLS"));
        Assert.That(await member.Routes.AddAsync(Channel.All, default), Is.Zero);
    }

    [Test]
    public async Task Redis_WithTls_WhereItShouldHaveNone_IsExplained()
    {
        await using RedisServer server = await RedisServer.StartAsync(authority.RedisOptions(port));
        await using RedisMember member = RedisMember.Prepare($"127.0.0.1:{port}", "10.0.0.1:8081");

        await member.Pulse.StartAsync(default);
        await Eventually.BecomesTrueAsync(() => member.Logs.At(LogLevel.Warning).Count > 0, "it says why it cannot use Redis");

        Assert.That(member.Logs.At(LogLevel.Warning)[0], Does.Contain("does not answer as Redis does without TLS"));
    }

    private NodeProcess Prepare(string connection, bool trusted = true)
    {
        NodeProcess node = NodeProcess.Prepare(
            "--roles", "auth,collect,dispatch,push", "--redis", connection, "--Cluster:Listen", $"http://127.0.0.1:{Ports.Next()}", "--Cluster:Secret", TestCluster.Secret, "--Auth:Jwt:Secret", Tokens.Secret);
        if (trusted)
            node.Environment["SSL_CERT_FILE"] = authority.File;
        return node;
    }
}
