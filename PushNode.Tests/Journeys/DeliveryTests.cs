using System.Text.Json;
using PushNode.Tests.Support;

namespace PushNode.Tests.Journeys;

/// <summary>A message's way from the producer to the socket, and a client's cursor, as a user of the node meets them.</summary>
internal sealed class DeliveryTests
{
    [Test]
    public async Task Posted_ArrivesAtOnce_WithTheDataVerbatim()
    {
        await using NodeProcess node = await NodeProcess.StartAsync();
        using var producer = new Producer(node.Address);
        await using TestClient alice = await TestClient.ConnectAsync(node.Address, Tokens.For("alice"));
        await alice.WaitForAsync("live", "user:alice");
        const string Data = """{"z":1.50,"a":[1e3,"\u00e9\/"],"empty":{ }}""";

        long seq = await producer.PushToAsync("alice", Data);

        JsonElement message = await alice.WaitForAsync("message");
        Assert.That(message.GetProperty("data").GetRawText(), Is.EqualTo(Data));
        Assert.That(message.GetProperty("seq").GetInt64(), Is.EqualTo(seq));
        Assert.That(message.GetProperty("channel").GetString(), Is.EqualTo("user:alice"));
    }

    [Test]
    public async Task Posted_WhileAway_ArrivesInOrderOnce_AfterARestartToo()
    {
        await using NodeProcess node = await NodeProcess.StartAsync();
        using var producer = new Producer(node.Address);
        foreach (int n in new[] { 1, 2, 3 })
            await producer.PushToAsync("alice", $"{n}");
        await node.KillAsync();
        await node.StartAsync();

        await using TestClient alice = await TestClient.ConnectAsync(node.Address, Tokens.For("alice"));
        JsonElement live = await alice.WaitForAsync("live", "user:alice");

        Assert.That(alice.Messages.Select(m => m.GetProperty("data").GetInt32()), Is.EqualTo(new[] { 1, 2, 3 }));
        Assert.That(live.GetProperty("seq").GetInt64(), Is.EqualTo(3));
    }

    [Test]
    public async Task Acknowledged_IsNotRepeated_OnThatDevice_ButComesOnAnother()
    {
        await using NodeProcess node = await NodeProcess.StartAsync();
        using var producer = new Producer(node.Address);
        foreach (int n in new[] { 1, 2, 3 })
            await producer.PushToAsync("alice", $"{n}");
        await using (TestClient first = await TestClient.ConnectAsync(node.Address, Tokens.For("alice"), "device=phone&ack=manual"))
        {
            await first.WaitForMessagesAsync(3);
            await first.SendAsync("""{"type":"ack","seq":2}""");
            await first.SendAsync("""{"type":"ping"}""");
            await first.WaitForAsync("pong");
            await first.CloseAsync();
        }

        await using TestClient again = await TestClient.ConnectAsync(node.Address, Tokens.For("alice"), "device=phone");
        await using TestClient laptop = await TestClient.ConnectAsync(node.Address, Tokens.For("alice"), "device=laptop");
        await again.WaitForAsync("live", "user:alice");
        await laptop.WaitForAsync("live", "user:alice");

        Assert.That(again.Messages.Select(m => m.GetProperty("data").GetInt32()), Is.EqualTo(new[] { 3 }));
        Assert.That(laptop.Messages.Select(m => m.GetProperty("data").GetInt32()), Is.EqualTo(new[] { 1, 2, 3 }));
    }

    [Test]
    public async Task AckAuto_MovesTheCursor_WhenAPongHasProvedTheArrival()
    {
        await using NodeProcess node = await NodeProcess.StartAsync("--Push:ProofInterval", "00:00:00.1");
        using var producer = new Producer(node.Address);
        await using (TestClient first = await TestClient.ConnectAsync(node.Address, Tokens.For("alice"), "device=phone"))
        {
            await producer.PushToAsync("alice");
            await first.WaitForMessagesAsync(1);
            using var http = new HttpClient();
            await Eventually.BecomesTrueAsync(
                async () => (await http.GetStringAsync(new Uri(node.Address, "messages/user:alice/1"))).Contains("\"phone\"", StringComparison.Ordinal),
                "the phone has acknowledged");
        }

        await using TestClient again = await TestClient.ConnectAsync(node.Address, Tokens.For("alice"), "device=phone");
        await again.WaitForAsync("live", "user:alice");

        Assert.That(again.Messages, Is.Empty);
    }

    [Test]
    public async Task After_ResumesThere_AndAnotherEpochOrABeyond_Resets()
    {
        await using NodeProcess node = await NodeProcess.StartAsync();
        using var producer = new Producer(node.Address);
        foreach (int n in new[] { 1, 2, 3 })
            await producer.PushToAsync("alice", $"{n}");
        await using TestClient resumed = await TestClient.ConnectAsync(node.Address, Tokens.For("alice"), "after=2");
        string epoch = (await resumed.WaitForAsync("welcome")).GetProperty("epoch").GetString()!;
        await using TestClient sameEpoch = await TestClient.ConnectAsync(node.Address, Tokens.For("alice"), $"after=1&epoch={epoch}");
        await using TestClient otherEpoch = await TestClient.ConnectAsync(node.Address, Tokens.For("alice"), "after=1&epoch=other");
        await using TestClient beyond = await TestClient.ConnectAsync(node.Address, Tokens.For("alice"), "after=9");
        foreach (TestClient client in (TestClient[])[resumed, sameEpoch, otherEpoch, beyond])
            await client.WaitForAsync("live", "user:alice");

        Assert.That(Data(resumed), Is.EqualTo(new[] { 3 }));
        Assert.That(Data(sameEpoch), Is.EqualTo(new[] { 2, 3 }));
        foreach (TestClient client in (TestClient[])[otherEpoch, beyond])
        {
            Assert.That((await client.WaitForAsync("reset")).GetProperty("epoch").GetString(), Is.EqualTo(epoch));
            Assert.That(Data(client), Is.EqualTo(new[] { 1, 2, 3 }));
        }

        static IEnumerable<int> Data(TestClient client) => client.Messages.Select(m => m.GetProperty("data").GetInt32());
    }

    [Test]
    public async Task Topics_GoToSubscribersOnly_AndMissNothingWhileADeviceIsAway()
    {
        await using NodeProcess node = await NodeProcess.StartAsync();
        using var producer = new Producer(node.Address);
        string token = Tokens.For("alice", ["news", "room.*"]);
        await using TestClient bob = await TestClient.ConnectAsync(node.Address, Tokens.For("bob", ["*"]));
        await bob.WaitForAsync("live", "user:bob");
        await producer.PushAsync("\"topic\":\"news\"", "0");
        await using (TestClient first = await TestClient.ConnectAsync(node.Address, token, "device=phone&topics=news"))
        {
            await first.WaitForAsync("live", "topic:news");
            Assert.That(first.Messages, Is.Empty, "a topic starts at its head");
            await first.SendAsync("""{"type":"subscribe","topic":"room.7"}""");
            await first.WaitForAsync("live", "topic:room.7");
            await producer.PushAsync("\"topic\":\"room.7\"", "7");
            await first.WaitForMessagesAsync(1);
        }

        await producer.PushAsync("\"topic\":\"news\"", "1");
        await using TestClient again = await TestClient.ConnectAsync(node.Address, token, "device=phone&topics=news");
        await again.WaitForAsync("live", "topic:news");

        Assert.That(again.Messages.Select(m => m.GetProperty("data").GetInt32()), Is.EqualTo(new[] { 1 }));
        Assert.That(bob.Messages, Is.Empty);
    }

    [Test]
    public async Task Broadcast_ReachesEveryConnection_AndUnsubscribedTopicsAreSilent()
    {
        await using NodeProcess node = await NodeProcess.StartAsync();
        using var producer = new Producer(node.Address);
        await using TestClient alice = await TestClient.ConnectAsync(node.Address, Tokens.For("alice", ["news"]), "topics=news");
        await using TestClient bob = await TestClient.ConnectAsync(node.Address, Tokens.For("bob"));
        await alice.WaitForAsync("live", "all");
        await bob.WaitForAsync("live", "all");
        await alice.SendAsync("""{"type":"unsubscribe","topic":"news"}""");
        await alice.WaitForAsync("unsubscribed");

        await producer.PushAsync("\"topic\":\"news\"", "\"unheard\"");
        await producer.PushAsync("\"broadcast\":true", "\"heard\"");

        foreach (TestClient client in (TestClient[])[alice, bob])
        {
            await client.WaitForMessagesAsync(1);
            Assert.That(client.Messages.Select(m => m.GetProperty("data").GetString()), Is.EqualTo(new[] { "heard" }));
        }
    }

    [Test]
    public async Task WaitDelivered_TellsTheConnectionsWrittenTo()
    {
        await using NodeProcess node = await NodeProcess.StartAsync();
        using var producer = new Producer(node.Address);
        await using TestClient phone = await TestClient.ConnectAsync(node.Address, Tokens.For("alice"), "device=phone");
        await using TestClient laptop = await TestClient.ConnectAsync(node.Address, Tokens.For("alice"), "device=laptop");
        await phone.WaitForAsync("live", "user:alice");
        await laptop.WaitForAsync("live", "user:alice");

        (_, JsonElement online) = await producer.PostAsync("""{"userId":"alice","data":1}""", "collect?wait=delivered");
        (_, JsonElement offline) = await producer.PostAsync("""{"userId":"bob","data":1}""", "collect?wait=delivered");

        Assert.That(online.GetProperty("delivered").GetInt32(), Is.EqualTo(2));
        Assert.That(offline.GetProperty("delivered").GetInt32(), Is.Zero);
    }

    [Test]
    public async Task Ephemeral_ReachesWhoIsConnected_AndIsNotKept()
    {
        await using NodeProcess node = await NodeProcess.StartAsync();
        using var producer = new Producer(node.Address);
        await using TestClient online = await TestClient.ConnectAsync(node.Address, Tokens.For("alice"));
        await online.WaitForAsync("live", "user:alice");

        await producer.PostAsync("""{"userId":"alice","ephemeral":true,"event":"typing","data":true}""");

        JsonElement message = await online.WaitForAsync("message");
        Assert.That(message.TryGetProperty("seq", out _), Is.False);
        Assert.That(message.GetProperty("event").GetString(), Is.EqualTo("typing"));
        await using TestClient later = await TestClient.ConnectAsync(node.Address, Tokens.For("alice"));
        await later.WaitForAsync("live", "user:alice");
        Assert.That(later.Messages, Is.Empty);
    }
}
