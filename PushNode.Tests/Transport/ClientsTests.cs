using System.Net;
using System.Net.Sockets;
using System.Text;
using PushNode.Tests.Push;
using PushNode.Tests.Support;

namespace PushNode.Tests.Transport;

/// <summary>Clients that are taken from the web server, and those that are left to it.</summary>
internal sealed class ClientsTests
{
    private static readonly byte[] Ping = RawWebSocket.Text("""{"type":"ping"}""");

    [Test]
    public async Task Frames_RightBehindTheRequest_AreReadAfterIt([Values] bool behindWebServer)
    {
        NodeProcess node = await SharedNode.GetAsync();
        await using RawWebSocket socket = await RawWebSocket.OpenAsync(node.Address);

        await socket.SendAsync([.. Encoding.ASCII.GetBytes(Upgrade(node, behindWebServer)), .. Ping, .. Ping[..3]]);

        Assert.That(await socket.ReadHeadAsync(), Does.StartWith("HTTP/1.1 101"));
        await socket.ReadUntilAsync("pong");
        await socket.SendAsync(Ping[3..]);
        await socket.ReadUntilAsync("pong");
    }

    [Test]
    public async Task RequestInPieces_IsAnsweredToo()
    {
        NodeProcess node = await SharedNode.GetAsync();
        await using RawWebSocket socket = await RawWebSocket.OpenAsync(node.Address);
        string request = Upgrade(node);

        await socket.SendTextAsync(request[..40]);
        await Task.Delay(100);
        await socket.SendTextAsync(request[40..]);

        Assert.That(await socket.ReadHeadAsync(), Does.StartWith("HTTP/1.1 101"));
        await socket.ReadUntilAsync("welcome");
    }

    [Test]
    public async Task WebSocket_AfterAnotherRequestOnTheConnection_IsOpened()
    {
        NodeProcess node = await SharedNode.GetAsync();
        await using RawWebSocket socket = await RawWebSocket.OpenAsync(node.Address);

        for (int i = 0; i < 2; i++)
        {
            await socket.SendTextAsync($"HEAD /nothing HTTP/1.1\r\nHost: {node.Address.Authority}\r\n\r\n");
            Assert.That(await socket.ReadHeadAsync(), Does.StartWith("HTTP/1.1 404"));
        }

        await socket.SendTextAsync(Upgrade(node));
        Assert.That(await socket.ReadHeadAsync(), Does.StartWith("HTTP/1.1 101"));
        await socket.ReadUntilAsync("welcome");
    }

    [Test]
    public async Task Refused_ByTheWebServer_WhichTakesTheNextRequestOfTheConnectionForItself()
    {
        NodeProcess node = await SharedNode.GetAsync();
        await using RawWebSocket socket = await RawWebSocket.OpenAsync(node.Address);

        await socket.SendTextAsync(Upgrade(node, token: "nonsense").Replace("pushnode.v1, ", "", StringComparison.Ordinal));

        Assert.That(await socket.ReadHeadAsync(), Does.StartWith("HTTP/1.1 401").And.Contain("application/problem+json"));
    }

    [TestCase("GARBAGE\r\n\r\n")]
    [TestCase("\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003")]
    public async Task NoRequest_IsToldSo_OrEnded(string bytes)
    {
        NodeProcess node = await SharedNode.GetAsync();
        await using RawWebSocket socket = await RawWebSocket.OpenAsync(node.Address);

        await socket.SendAsync(Encoding.Latin1.GetBytes(bytes));

        Assert.That(await socket.ReadHeadAsync(), Is.Empty.Or.StartsWith("HTTP/1.1 400"));
    }

    [Test]
    public async Task Silent_IsClosed_WhenTheTimeForAHeaderIsOver()
    {
        await using NodeProcess node = await NodeProcess.StartAsync("--Hosting:HeaderTimeout", "00:00:01");
        await using RawWebSocket silent = await RawWebSocket.OpenAsync(node.Address);
        await using RawWebSocket open = await RawWebSocket.ConnectAsync(node.Address, Tokens.For("alice"));

        Assert.That(await silent.EndsAsync(), Is.True);

        await open.ReadUntilAsync("live");
        await open.SendAsync(Ping);
        await open.ReadUntilAsync("pong");
    }

    [Test]
    public async Task ThousandsThatVanishAtOnce_LeaveNothingBehind()
    {
        await using NodeProcess node = await NodeProcess.StartAsync("--Push:MaxConnectionsPerUser", "100000", "--Push:MaxConnectionsPerAddress", "50");
        string files = $"/proc/{node.ProcessId}/fd";
        await using (await RawWebSocket.ConnectAsync(node.Address, Tokens.For("alice")))
        {
        }

        int before = Directory.GetFiles(files).Length;
        byte[] request = Encoding.ASCII.GetBytes(Upgrade(node));
        for (int i = 0; i < 3_000; i++)
        {
            using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            client.LingerState = new LingerOption(i % 2 == 0, 0);
            await client.ConnectAsync(IPAddress.Loopback, node.Port);
            if (i % 3 > 0)
                await client.SendAsync(request.AsMemory(0, i % 3 == 1 ? request.Length : 30));
        }

        await Eventually.BecomesTrueAsync(() => Directory.GetFiles(files).Length <= before + 8, "their sockets are closed");
        // Their places too, of which there are few.
        for (int i = 0; i < 40; i++)
        {
            await using RawWebSocket socket = await RawWebSocket.ConnectAsync(node.Address, Tokens.For("alice"));
            await socket.ReadUntilAsync("welcome");
        }

        Assert.That(node.Output, Does.Not.Contain("fail:"));
    }

    [Test]
    public async Task Sigterm_EndsANode_WithClientsThatAreSilent([Values] bool behindWebServer)
    {
        await using NodeProcess node = await NodeProcess.StartAsync();
        await using RawWebSocket silent = await RawWebSocket.OpenAsync(node.Address);
        await using RawWebSocket idle = await RawWebSocket.ConnectAsync(node.Address, Tokens.For("alice"), behindWebServer: behindWebServer);
        await idle.ReadUntilAsync("live");

        Task<int> stopping = node.StopAsync();

        Assert.That((await idle.ReadCloseAsync()).Code, Is.EqualTo(1001));
        Assert.That(await stopping, Is.Zero, node.Output);
        Assert.That(await silent.EndsAsync(), Is.True);
        Assert.That(node.Output, Does.Not.Contain("fail:").And.Not.Contain("crit:"));
    }

    private static string Upgrade(NodeProcess node, bool behindWebServer = false, string? token = null) =>
        $"GET /push?device=a HTTP/1.1\r\nHost: {node.Address.Authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        + $"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n{(behindWebServer ? "TE: trailers\r\n" : "")}Sec-WebSocket-Protocol: pushnode.v1, bearer.{token ?? Tokens.For("alice")}\r\n\r\n";
}
