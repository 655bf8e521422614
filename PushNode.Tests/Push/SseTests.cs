using System.Net;
using System.Text.Json;
using PushNode.Tests.Support;

namespace PushNode.Tests.Push;

/// <summary>Server-sent events: the same messages, resumed by one cursor for all channels.</summary>
internal sealed class SseTests
{
    [Test]
    public async Task Stream_CarriesTheSameFrames()
    {
        NodeProcess node = await SharedNode.GetAsync();
        using var producer = new Producer(node.Address);
        await using SseClient client = await SseClient.ConnectAsync(node.Address, Tokens.For("sse-one", ["sse-topic"]), "topics=sse-topic");
        await client.WaitForLiveAsync("topic:sse-topic");
        await client.WaitForLiveAsync("user:sse-one");

        await producer.PushToAsync("sse-one", "{\"a\":\r\n [1,\n2]}");
        await producer.PushAsync("\"topic\":\"sse-topic\"", "\"t\"");

        await client.WaitForMessagesAsync(2);
        Assert.That(client.Response.Content.Headers.ContentType?.ToString(), Is.EqualTo("text/event-stream"));
        Assert.That((await client.WaitForAsync("welcome")).Json.GetProperty("user").GetString(), Is.EqualTo("sse-one"));
        JsonElement message = client.Messages.First().Json;
        Assert.That(message.GetProperty("channel").GetString(), Is.EqualTo("user:sse-one"));
        Assert.That(message.GetProperty("data").GetProperty("a")[1].GetInt32(), Is.EqualTo(2), "line breaks inside the data are kept apart");
    }

    [Test]
    public async Task LastEventId_ResumesEveryChannel_AndMovesTheCursor()
    {
        NodeProcess node = await SharedNode.GetAsync();
        using var producer = new Producer(node.Address);
        string token = Tokens.For("sse-two", ["sse-two-topic"]);
        const string Query = "device=tab&topics=sse-two-topic";
        string? cursor;
        await using (SseClient first = await SseClient.ConnectAsync(node.Address, token, Query))
        {
            await first.WaitForLiveAsync("topic:sse-two-topic");
            await first.WaitForLiveAsync("user:sse-two");
            await producer.PushToAsync("sse-two", "1");
            await producer.PushAsync("\"topic\":\"sse-two-topic\"", "2");
            await first.WaitForMessagesAsync(2);
            cursor = first.Messages.Last().Id;
        }

        await producer.PushToAsync("sse-two", "3");
        await producer.PushAsync("\"topic\":\"sse-two-topic\"", "4");
        await using (SseClient resumed = await SseClient.ConnectAsync(node.Address, token, Query, cursor))
        {
            await resumed.WaitForMessagesAsync(2);
            await resumed.WaitForLiveAsync("topic:sse-two-topic");
            await resumed.WaitForLiveAsync("user:sse-two");
            Assert.That(resumed.Messages.Select(m => m.Json.GetProperty("data").GetInt32()), Is.EquivalentTo(new[] { 3, 4 }));
        }

        await using TestClient socket = await TestClient.ConnectAsync(node.Address, token, "device=tab");
        await socket.WaitForAsync("live", "user:sse-two");
        Assert.That(socket.Messages.Select(m => m.GetProperty("data").GetInt32()), Is.EqualTo(new[] { 3 }), "the id that came back has acknowledged 1");
    }

    [Test]
    public async Task LastEventId_OfAnotherEpoch_Resets()
    {
        NodeProcess node = await SharedNode.GetAsync();
        using var producer = new Producer(node.Address);
        await producer.PushToAsync("sse-three", "1");

        await using SseClient client = await SseClient.ConnectAsync(node.Address, Tokens.For("sse-three"), lastEventId: "other~7~0");

        Assert.That((await client.WaitForAsync("reset")).Json.GetProperty("channel").GetString(), Is.EqualTo("user:sse-three"));
        await client.WaitForMessagesAsync(1);
    }

    [TestCase("nonsense", "", HttpStatusCode.BadRequest, "bad_cursor")]
    [TestCase("a~1", "", HttpStatusCode.BadRequest, "bad_cursor")]
    [TestCase("a~1~1~news", "", HttpStatusCode.BadRequest, "bad_cursor")]
    [TestCase(null, "ack=manual", HttpStatusCode.BadRequest, "bad_parameter")]
    [TestCase(null, "topics=secret", HttpStatusCode.Forbidden, "topic_not_allowed")]
    public async Task BadRequest_IsAProblem(string? lastEventId, string query, HttpStatusCode status, string code)
    {
        NodeProcess node = await SharedNode.GetAsync();

        await using SseClient client = await SseClient.ConnectAsync(node.Address, Tokens.For("sse-four"), query, lastEventId);

        Assert.That(client.Response.StatusCode, Is.EqualTo(status));
        Assert.That(client.Response.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/problem+json"));
        Assert.That(await client.Response.Content.ReadAsStringAsync(), Does.Contain($"\"code\":\"{code}\""));
    }

    [Test]
    public async Task Disconnect_TellsWhy_AndEndsTheStream()
    {
        NodeProcess node = await SharedNode.GetAsync();
        using var producer = new Producer(node.Address);
        await using SseClient client = await SseClient.ConnectAsync(node.Address, Tokens.For("sse-five"));
        await client.WaitForLiveAsync("user:sse-five");

        (HttpStatusCode status, JsonElement answer) = await producer.PostAsync("", "users/sse-five/disconnect");

        Assert.That((status, answer.GetProperty("disconnected").GetInt32()), Is.EqualTo((HttpStatusCode.OK, 1)));
        Assert.That((await client.WaitForAsync("close")).Json.GetProperty("code").GetInt32(), Is.EqualTo(1000));
        await Eventually.BecomesTrueAsync(() => client.HasEnded, "the stream ends");
    }
}
