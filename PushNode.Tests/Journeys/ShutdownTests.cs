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
}
