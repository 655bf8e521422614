using System.Net.Sockets;
using PushNode.Tests.Collect;
using PushNode.Tests.Support;

namespace PushNode.Tests.Journeys;

/// <summary>SIGTERM: everybody is told, what was answered is kept, and the process ends well.</summary>
internal sealed class ShutdownTests
{
    [Test]
    public async Task Sigterm_ClosesWith1001_EndsWith0_AndKeepsWhatWasAnsweredAndAcknowledged()
    {
        await using NodeProcess node = await NodeProcess.StartAsync();
        using var producer = new Producer(node.Address);
        await using TestClient client = await TestClient.ConnectAsync(node.Address, Tokens.For("alice"), "device=phone&ack=manual");
        await using SseClient sse = await SseClient.ConnectAsync(node.Address, Tokens.For("bob"));
        await sse.WaitForLiveAsync("all");
        await producer.PushToAsync("alice", "1");
        await producer.PushToAsync("alice", "2");
        await client.WaitForMessagesAsync(2);
        await client.SendAsync("""{"type":"ack","seq":1}""");
        await client.SendAsync("""{"type":"ping"}""");
        await client.WaitForAsync("pong");

        int exitCode = await node.StopAsync();
        await client.WaitForEndAsync();
        await node.StartAsync();

        Assert.That(exitCode, Is.Zero, node.Output);
        Assert.That((client.CloseCode, client.CloseReason), Is.EqualTo((1001, "the node is shutting down")));
        Assert.That((await sse.WaitForAsync("close")).Json.GetProperty("code").GetInt32(), Is.EqualTo(1001));
        await using TestClient again = await TestClient.ConnectAsync(node.Address, Tokens.For("alice"), "device=phone");
        await again.WaitForAsync("live", "user:alice");
        Assert.That(again.Messages.Select(m => m.GetProperty("data").GetInt32()), Is.EqualTo(new[] { 2 }), "the cursor was written before the end");
        Assert.That(node.Output, Does.Not.Contain("fail:").And.Not.Contain("crit:"));
    }

    [TestCase("collect")]
    [TestCase("collect/batch")]
    [TestCase("auth/verify")]
    public async Task HalfARequest_IsCutAfterTheShutdownTimeout_WithNoErrorInTheLog(string path)
    {
        await using NodeProcess node = await NodeProcess.StartAsync("--Hosting:ShutdownTimeout", "00:00:01");
        using RawHttp request = await BeginRequestAsync(node, path);

        int exitCode = await node.StopAsync();

        Assert.That(exitCode, Is.Zero, node.Output);
        Assert.That(node.Output, Does.Not.Contain("fail:").And.Not.Contain("crit:").And.Not.Contain("   at "));
    }

    [Test]
    public async Task ASecondSigterm_EndsANodeThatWaits_AtOnce_With1()
    {
        await using NodeProcess node = await NodeProcess.StartAsync("--Hosting:ShutdownTimeout", "00:05:00");
        using RawHttp request = await BeginRequestAsync(node, "collect");
        node.Terminate();
        await Eventually.BecomesTrueAsync(async () => !await TakesConnectionsAsync(node), "the first signal has been taken");

        int exitCode = await node.StopAsync().WaitAsync(TimeSpan.FromSeconds(20));

        Assert.That(exitCode, Is.EqualTo(1), node.Output);
        Assert.That(node.Output, Does.Not.Contain("fail:").And.Not.Contain("crit:"));
    }

    // A request whose body does not end. The node asks for the body when it begins to read it.
    private static async Task<RawHttp> BeginRequestAsync(NodeProcess node, string path)
    {
        RawHttp http = await RawHttp.ConnectAsync(node.Port);
        await http.SendAsync($"POST /{path} HTTP/1.1\r\nHost: {node.Address.Authority}\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n");
        Assert.That(await http.ReadHeadAsync(), Does.StartWith("HTTP/1.1 100"));
        await http.SendAsync("{");
        return http;
    }

    private static async Task<bool> TakesConnectionsAsync(NodeProcess node)
    {
        try
        {
            using RawHttp http = await RawHttp.ConnectAsync(node.Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
