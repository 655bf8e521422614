using System.Net;
using System.Text.Json;
using PushNode.Tests.Support;

namespace PushNode.Tests.Journeys;

/// <summary>SIGTERM with a window: clients are told to connect elsewhere one after the other, and served until their turn.</summary>
internal sealed class DrainTests
{
    [Test]
    public async Task Sigterm_WithAWindow_SendsClientsAwayInTurn_AndServesThemUntilThen()
    {
        await using NodeProcess node = await NodeProcess.StartAsync("--Drain:Window", "00:00:03");
        using var producer = new Producer(node.Address);
        using var http = new HttpClient { BaseAddress = node.Address };
        await using TestClient first = await TestClient.ConnectAsync(node.Address, Tokens.For("alice"), "device=phone");
        await using SseClient second = await SseClient.ConnectAsync(node.Address, Tokens.For("bob"));
        await using TestClient third = await TestClient.ConnectAsync(node.Address, Tokens.For("carol"));
        await first.WaitForAsync("live", "user:alice");
        await second.WaitForLiveAsync("user:bob");
        await third.WaitForAsync("live", "user:carol");
        await producer.PushToAsync("alice", "1");
        await first.WaitForMessagesAsync(1);

        Task<int> stopping = node.StopAsync();
        await first.WaitForAsync("reconnect");
        await producer.PushToAsync("carol", "2");
        await third.WaitForMessagesAsync(1);
        using HttpResponseMessage ready = await http.GetAsync("readyz");
        string reason = await ready.Content.ReadAsStringAsync();
        await using TestClient late = await TestClient.ConnectAsync(node.Address, Tokens.For("dave"));
        await using SseClient lateToo = await SseClient.ConnectAsync(node.Address, Tokens.For("dave"));
        await late.WaitForEndAsync();
        JsonElement told = await first.WaitForAsync("reconnect");
        await Task.WhenAll(first.WaitForEndAsync(), third.WaitForEndAsync());

        Assert.That(await stopping, Is.Zero, node.Output);
        Assert.That(ready.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(reason, Does.Contain("node: draining"));
        Assert.That(late.CloseCode, Is.EqualTo(4503));
        Assert.That(lateToo.Response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(lateToo.Response.Headers.RetryAfter, Is.Not.Null);
        Assert.That(told.GetProperty("afterMs").GetInt32(), Is.InRange(0, 1000));
        Assert.That((first.CloseCode, third.CloseCode), Is.EqualTo((1012, 1012)));
        Assert.That((await second.WaitForAsync("reconnect")).Json.GetProperty("afterMs").GetInt32(), Is.InRange(0, 1000));
        Assert.That((await second.WaitForAsync("close")).Json.GetProperty("code").GetInt32(), Is.EqualTo(1012));
        Assert.That(node.Output, Does.Contain("Drained: 0 connections are left").And.Not.Contain("fail:"));
    }

    [Test]
    public async Task Sigterm_WithAWindow_HasProvedWhatArrived_SoThatItDoesNotComeAgain()
    {
        // No ping of its own would go out before the drain's.
        await using NodeProcess node = await NodeProcess.StartAsync("--Drain:Window", "00:00:01", "--Push:ProofInterval", "00:01:00");
        using var producer = new Producer(node.Address);
        await using TestClient client = await TestClient.ConnectAsync(node.Address, Tokens.For("alice"), "device=phone");
        await client.WaitForAsync("live", "user:alice");
        for (int i = 1; i <= 3; i++)
            await producer.PushToAsync("alice", $"{i}");
        await client.WaitForMessagesAsync(3);

        int exitCode = await node.StopAsync();
        await client.WaitForEndAsync();
        await node.StartAsync();
        await using TestClient again = await TestClient.ConnectAsync(node.Address, Tokens.For("alice"), "device=phone");
        await again.WaitForAsync("live", "user:alice");

        Assert.That(exitCode, Is.Zero, node.Output);
        Assert.That(client.CloseCode, Is.EqualTo(1012));
        Assert.That(again.Messages, Is.Empty, "the pong to the drain's ping has moved the cursor");
    }
}
