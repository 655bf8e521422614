using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using PushNode.Tests.Push;
using PushNode.Tests.Support;

namespace PushNode.Tests.Journeys;

/// <summary>What a client gets of what came while it was away, and what counts as received.</summary>
internal sealed class ReplayTests
{
    [Test]
    public async Task LargeBacklog_ComesBeforeLive()
    {
        const int Backlog = 2_000;
        NodeProcess node = await SharedNode.GetAsync();
        await PostAsync(node.Address, Backlog, "\"userId\":\"replay-large\"");

        await using TestClient client = await TestClient.ConnectAsync(node.Address, Tokens.For("replay-large"));
        JsonElement live = await client.WaitForAsync("live", "user:replay-large");

        int before = client.Frames.TakeWhile(f => f.ToString() != live.ToString()).Count(f => f.GetProperty("type").GetString() == "message");
        Assert.That((before, live.GetProperty("seq").GetInt64()), Is.EqualTo((Backlog, Backlog)));
    }

    [TestCase("")]
    [TestCase("/sse")]
    public async Task MessagesLargerThanAnOutbox_SentWhileAway_Come(string transport)
    {
        await using NodeProcess node = await NodeProcess.StartAsync("--Collect:MaxDataBytes", "1048576");
        using var producer = new Producer(node.Address);
        string large = new('x', 400_000);
        for (int i = 0; i < 3; i++)
            await producer.PushAsync("\"userId\":\"replay-huge\"", $"\"{i}{large}\"");

        string[] came;
        if (transport.Length > 0)
        {
            await using SseClient client = await SseClient.ConnectAsync(node.Address, Tokens.For("replay-huge"));
            await client.WaitForLiveAsync("user:replay-huge");
            came = [.. client.Messages.Select(static m => m.Json.GetProperty("data").GetString()!)];
        }
        else
        {
            await using TestClient client = await TestClient.ConnectAsync(node.Address, Tokens.For("replay-huge"));
            await client.WaitForAsync("live", "user:replay-huge");
            came = [.. client.Messages.Select(static m => m.GetProperty("data").GetString()!)];
        }

        Assert.That(came, Is.EqualTo(Enumerable.Range(0, 3).Select(i => $"{i}{large}")));
    }

    [Test]
    public async Task FirstMessageOfATopic_WhileTheDeviceIsAway_Comes()
    {
        NodeProcess node = await SharedNode.GetAsync();
        using var producer = new Producer(node.Address);
        string token = Tokens.For("replay-first", ["replay-new"]);
        const string Query = "device=phone&topics=replay-new";
        await using (TestClient first = await TestClient.ConnectAsync(node.Address, token, Query))
        {
            Assert.That((await first.WaitForAsync("live", "topic:replay-new")).GetProperty("seq").GetInt64(), Is.Zero);
            await first.CloseAsync();
        }

        await producer.PushAsync("\"topic\":\"replay-new\"", "1");
        await using TestClient again = await TestClient.ConnectAsync(node.Address, token, Query);
        await again.WaitForAsync("live", "topic:replay-new");

        Assert.That(again.Messages.Where(m => m.GetProperty("channel").GetString() == "topic:replay-new").Select(m => m.GetProperty("data").GetInt32()), Is.EqualTo(new[] { 1 }));
    }

    [Test]
    public async Task PongsThatComeLate_StillProve()
    {
        await using NodeProcess node = await NodeProcess.StartAsync("--Push:ProofInterval", "00:00:00.2");
        using var producer = new Producer(node.Address);
        await using RawWebSocket slow = await RawWebSocket.ConnectAsync(node.Address, Tokens.For("late"), "device=phone");
        await slow.ReadUntilAsync("live");
        using var http = new HttpClient();

        // The round trip takes much longer than the interval, and something new is always under way.
        bool proved = false;
        long start = Stopwatch.GetTimestamp();
        while (!proved && Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(20))
        {
            await producer.PushToAsync("late");
            (int opcode, byte[] payload) = await slow.ReadFrameAsync();
            if (opcode == 9)
            {
                for (int more = 0; more < 30; more++)
                {
                    await producer.PushToAsync("late");
                    await Task.Delay(80);
                }

                await slow.SendAsync(RawWebSocket.Frame(0x8A, payload));
            }

            proved = (await http.GetStringAsync(new Uri(node.Address, "messages/user:late/1"))).Contains("\"phone\"", StringComparison.Ordinal);
        }

        Assert.That(proved, Is.True);
    }

    [Test]
    public async Task FirstMessageAfterASubscription_IsOwed_ThoughTheNodeDiesAtOnce()
    {
        await using NodeProcess node = await NodeProcess.StartAsync();
        using var producer = new Producer(node.Address);
        string token = Tokens.For("replay-owed", ["owed"]);
        await producer.PushAsync("\"topic\":\"owed\"", "1");
        await using (TestClient first = await TestClient.ConnectAsync(node.Address, token, "topics=owed&ack=manual"))
        {
            await first.WaitForAsync("live", "topic:owed");
            await producer.PushAsync("\"topic\":\"owed\"", "2");
            await node.KillAsync();
        }

        await node.StartAsync();
        await using TestClient again = await TestClient.ConnectAsync(node.Address, token, "topics=owed");
        await again.WaitForAsync("live", "topic:owed");

        Assert.That(again.Messages.Select(m => m.GetProperty("data").GetInt32()), Is.EqualTo(new[] { 2 }));
    }

    [Test]
    public async Task SubscribingAgain_OnTheSameConnection_RepeatsNothing_AndMissesNothing()
    {
        NodeProcess node = await SharedNode.GetAsync();
        using var producer = new Producer(node.Address);
        await using TestClient client = await TestClient.ConnectAsync(node.Address, Tokens.For("replay-again", ["again"]), "topics=again");
        await client.WaitForAsync("live", "topic:again");
        await producer.PushAsync("\"topic\":\"again\"", "1");
        await client.WaitForMessagesAsync(1);

        await client.SendAsync("""{"type":"unsubscribe","topic":"again"}""");
        await client.WaitForAsync("unsubscribed");
        await producer.PushAsync("\"topic\":\"again\"", "2");
        await client.SendAsync("""{"type":"subscribe","topic":"again"}""");
        await client.WaitForMessagesAsync(2);
        await producer.PushAsync("\"topic\":\"again\"", "3");
        await client.WaitForMessagesAsync(3);

        Assert.That(client.Messages.Select(m => m.GetProperty("data").GetInt32()), Is.EqualTo(new[] { 1, 2, 3 }));
    }

    [Test]
    public async Task ManyAtOnce_OfOneUser_AreHeldToTheLimit()
    {
        await using NodeProcess node = await NodeProcess.StartAsync("--Push:MaxConnectionsPerUser", "3");
        TestClient[] clients = await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => TestClient.ConnectAsync(node.Address, Tokens.For("many"))));
        try
        {
            await Eventually.BecomesTrueAsync(() => clients.Count(c => c.HasEnded) >= 27, "all but three are refused");
            Assert.That(clients.Where(c => c.HasEnded).Select(c => c.CloseCode), Is.All.EqualTo(4429));
            Assert.That(clients.Count(c => !c.HasEnded), Is.EqualTo(3));
        }
        finally
        {
            foreach (TestClient client in clients)
                await client.DisposeAsync();
        }
    }

    private static async Task PostAsync(Uri node, int messages, string target)
    {
        var lines = new StringBuilder();
        for (int n = 0; n < messages; n++)
            lines.Append('{').Append(target).Append(",\"data\":\"a message of some length, of which many do not fit into one page\"}\n");
        using var http = new HttpClient();
        using var content = new StringContent(lines.ToString(), Encoding.UTF8, "application/x-ndjson");
        using HttpResponseMessage response = await http.PostAsync(new Uri(node, "collect/batch"), content);
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await response.Content.ReadAsStringAsync(), Does.Not.Contain("\"status\":4").And.Not.Contain("\"status\":5"));
    }
}
