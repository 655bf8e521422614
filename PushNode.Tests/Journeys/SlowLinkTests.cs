using System.Diagnostics;
using System.Text;
using PushNode.Tests.Push;
using PushNode.Tests.Support;

namespace PushNode.Tests.Journeys;

/// <summary>
/// A client that takes <c>Push:UnprovedBytes</c> within <c>Push:HeartbeatTimeout</c> is not silent, however much the buffers between it and the node can hold.
/// </summary>
internal sealed class SlowLinkTests
{
    private const int Timeout = 4;
    private const int Window = 65_536;
    private const int BytesPerSecond = 35_000;
    private const int Backlog = 250_000;

    private static readonly string[] Settings =
    [
        "--Push:UnprovedBytes", $"{Window}", "--Push:HeartbeatInterval", "00:00:01", "--Push:HeartbeatTimeout", $"00:00:0{Timeout}", "--Collect:MaxDataBytes", $"{Backlog}",
    ];

    [TestCase(40, "auto")]
    [TestCase(40, "manual")]
    [TestCase(1, "auto", Description = "a message so large that the pings stand windows apart")]
    public async Task SlowClient_ThatAnswersPings_GetsEverything_AndIsNotCalledSilent(int messages, string ack)
    {
        await using NodeProcess node = await NodeProcess.StartAsync(Settings);
        using var producer = new Producer(node.Address);
        for (int n = 0; n < messages; n++)
            await producer.PushToAsync("slow", Data(Backlog / messages));
        await using var link = new SlowLink(node.Address, BytesPerSecond);

        long start = Stopwatch.GetTimestamp();
        await using TestClient client = await TestClient.ConnectAsync(link.Address, Tokens.For("slow"), $"device=phone&ack={ack}");
        await Eventually.BecomesTrueAsync(
            () => client.HasEnded || client.Messages.Count() == messages, "all messages, or the end", TimeSpan.FromSeconds(60));

        Assert.That(Stopwatch.GetElapsedTime(start), Is.GreaterThan(TimeSpan.FromSeconds(1.5 * Timeout)), "the link was slow");
        // What had been taken by the link would come though the node had given the client up: one more shows that it has not.
        await producer.PushToAsync("slow");
        await Eventually.BecomesTrueAsync(() => client.HasEnded || client.Messages.Count() > messages, "one more, or the end");
        Assert.That(client.HasEnded, Is.False, $"{client.CloseCode} {client.CloseReason}");
        Assert.That(client.Messages.Select(m => m.GetProperty("seq").GetInt32()), Is.EqualTo(Enumerable.Range(1, messages + 1)));
    }

    [Test]
    public async Task ClientThatTalks_AndAnswersNoPing_StillGetsEverything()
    {
        await using NodeProcess node = await NodeProcess.StartAsync(Settings);
        using var producer = new Producer(node.Address);
        const int Messages = 40;
        for (int n = 0; n < Messages; n++)
            await producer.PushToAsync("rude", Data(Backlog / Messages));
        await using RawWebSocket client = await RawWebSocket.ConnectAsync(node.Address, Tokens.For("rude"), "ack=manual");

        long start = Stopwatch.GetTimestamp();
        for (int n = 1; n <= Messages; n++)
        {
            Task<string> reading = client.ReadUntilAsync("message");
            while (await Task.WhenAny(reading, Task.Delay(TimeSpan.FromSeconds(1))) != reading)
            {
                Assert.That(Stopwatch.GetElapsedTime(start), Is.LessThan(TimeSpan.FromSeconds(60)), $"message {n} does not come");
                await client.SendAsync(RawWebSocket.Text("""{"type":"ping"}"""));
            }

            Assert.That(await reading, Does.Contain($"\"seq\":{n},"));
        }
    }

    private static string Data(int bytes) => new StringBuilder(bytes).Append('"').Append('x', bytes - 2).Append('"').ToString();
}
