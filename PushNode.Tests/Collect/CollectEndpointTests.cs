using System.Net;
using System.Text;
using System.Text.Json;
using PushNode.Messages;
using PushNode.Tests.Support;

namespace PushNode.Tests.Collect;

internal sealed class CollectEndpointTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    [Test]
    public async Task Message_IsStored_Answered_Raised_AndDispatched()
    {
        await using CollectNode node = await CollectNode.StartAsync();

        (int status, JsonElement answer) = await node.PostAsync("""{"userId":"alice","event":"greet","data":{"b":1.50}}""");

        Assert.That(status, Is.EqualTo(202));
        Assert.That(answer.GetRawText(), Does.Match("""^{"id":"[0-9A-Za-z]{18}","seq":1}$"""));
        Assert.That(node.Store.Read(Channel.User("alice")), Is.EqualTo(new[] { """{"b":1.50}""" }));
        await Eventually.BecomesTrueAsync(() => node.Dispatcher.Dispatched.Count == 1, "dispatch");
        Message message = node.Dispatcher.Dispatched.Single();
        Assert.That(message.Label, Is.EqualTo("greet"));
        Assert.That(message.Expires - message.Time, Is.EqualTo((long)TimeSpan.FromDays(7).TotalMilliseconds));
        await Eventually.BecomesTrueAsync(() => node.Heads.Raised.GetValueOrDefault(Channel.User("alice")) == 1, "heads");
    }

    [Test]
    public async Task Ttl_SetsTheExpiry()
    {
        await using CollectNode node = await CollectNode.StartAsync();

        await node.PostAsync("""{"topic":"t","ttl":60,"data":1}""");

        Message message = node.Store.Find(Channel.Topic("t"), 1);
        Assert.That(message.Expires - message.Time, Is.EqualTo(60_000));
    }

    [Test]
    public async Task Recipients_GetOneMessageEach_AnsweredInTheOrderGiven()
    {
        await using CollectNode node = await CollectNode.StartAsync();
        await node.PostAsync("""{"userId":"bob","data":0}""");

        (int status, JsonElement answer) = await node.PostAsync("""{"userIds":["carol","bob"],"id":"m1","data":1}""");
        (int one, JsonElement list) = await node.PostAsync("""{"userIds":["carol"],"data":2}""");

        Assert.That(status, Is.EqualTo(202));
        Assert.That(answer.GetRawText(), Is.EqualTo("""[{"userId":"carol","id":"m1","seq":1},{"userId":"bob","id":"m1","seq":2}]"""));
        Assert.That(one, Is.EqualTo(202));
        Assert.That(list.GetArrayLength(), Is.EqualTo(1));
        Assert.That(node.Store.Batches, Is.EqualTo(new[] { 1, 2, 1 }));
    }

    [Test]
    public async Task ManyRecipients_AreAnsweredCompletely()
    {
        await using CollectNode node = await CollectNode.StartAsync();
        string ids = string.Join(',', Enumerable.Range(0, 1_000).Select(static i => $"\"{i:d4}{new string('x', 124)}\""));

        (int status, JsonElement answer) = await node.PostAsync($$"""{"userIds":[{{ids}}],"data":"{{new string('d', 65_000)}}"}""");

        Assert.That(status, Is.EqualTo(202));
        Assert.That(answer.EnumerateArray().Count(static a => a.GetProperty("seq").GetInt64() == 1), Is.EqualTo(1_000));
    }

    [Test]
    public async Task RepeatedId_AnswersTheFirstSeq_AndSendsNothing()
    {
        await using CollectNode node = await CollectNode.StartAsync();
        await node.PostAsync("""{"userId":"a","id":"m","data":1}""");

        (int status, JsonElement answer) = await node.PostAsync("""{"userId":"a","id":"m","data":2}""");
        (int mixed, JsonElement list) = await node.PostAsync("""{"userIds":["a","b"],"id":"m","data":3}""");
        (int again, _) = await node.PostAsync("""{"userIds":["a","b"],"id":"m","data":4}""");

        Assert.That(status, Is.EqualTo(200));
        Assert.That(answer.GetRawText(), Is.EqualTo("""{"id":"m","seq":1,"repeated":true}"""));
        Assert.That(mixed, Is.EqualTo(202));
        Assert.That(list.GetRawText(), Is.EqualTo("""[{"userId":"a","id":"m","seq":1,"repeated":true},{"userId":"b","id":"m","seq":1}]"""));
        Assert.That(again, Is.EqualTo(200));
        await node.PostAsync("""{"userId":"end","data":0}""");
        await Eventually.BecomesTrueAsync(() => node.Dispatcher.Dispatched.Any(static m => m.Channel.Name == "user:end"), "dispatch");
        Assert.That(node.Dispatcher.Dispatched.Select(static m => m.Channel.Name), Is.EqualTo(new[] { "user:a", "user:b", "user:end" }));
    }

    [Test]
    public async Task Ephemeral_HasNoSeq_IsNotStored_AndGoesOnWithoutTheStore()
    {
        await using CollectNode node = await CollectNode.StartAsync();
        node.Store.Gate = new TaskCompletionSource();
        Task<(int Status, JsonElement)> stuck = node.PostAsync("""{"userId":"a","data":1}""");
        await Eventually.BecomesTrueAsync(() => node.Store.Appends == 1, "append");

        (int status, JsonElement answer) = await node.PostAsync("""{"userId":"a","id":"typing","ephemeral":true,"data":1}""");

        Assert.That(status, Is.EqualTo(202));
        Assert.That(answer.GetRawText(), Is.EqualTo("""{"id":"typing"}"""));
        await Eventually.BecomesTrueAsync(() => node.Dispatcher.Dispatched.Count == 1, "dispatch");
        Assert.That(stuck.IsCompleted, Is.False);
        node.Store.Gate.SetResult();
        Assert.That((await stuck).Status, Is.EqualTo(202));
    }

    [Test]
    public async Task BodyOverTheLimit_IsRefused_ChunkedOrNot()
    {
        await using CollectNode node = await CollectNode.StartAsync(("MaxDataBytes", "500"), ("MaxBodyBytes", "1000"));
        using RawHttp raw = await RawHttp.ConnectAsync(node.Port);

        (int status, JsonElement answer) = await node.PostAsync(new string(' ', 1001));
        await raw.StartAsync("/collect");
        await raw.SendChunkAsync(new string(' ', 600));
        await raw.SendChunkAsync(new string(' ', 600));
        string head = await raw.ReadHeadAsync();

        Assert.That(status, Is.EqualTo(413));
        Assert.That(answer.GetProperty("detail").GetString(), Is.EqualTo("the body is longer than 1000 bytes (Collect:MaxBodyBytes)"));
        Assert.That(head, Does.StartWith("HTTP/1.1 413").And.Contains("application/problem+json"));
    }

    [Test]
    public async Task Body_SplitAtEveryByte_IsReadTheSame()
    {
        await using CollectNode node = await CollectNode.StartAsync();
        using RawHttp raw = await RawHttp.ConnectAsync(node.Port);
        const string Json = """{"userId":"alice","data":{"é":"\u00e9"}}""";
        byte[] bytes = Encoding.UTF8.GetBytes(Json);

        for (int split = 1; split < bytes.Length; split++)
        {
            await raw.StartAsync("/collect");
            await raw.SendAsync((byte[])[.. Chunk(bytes[..split]), .. Chunk(bytes[split..])]);
            await raw.EndAsync();
            Assert.That(await raw.ReadHeadAsync(), Does.StartWith("HTTP/1.1 202"));
            await raw.SkipAsync($$"""{"id":"123456789012345678","seq":{{split}}}""".Length);
        }

        Assert.That(node.Store.Read(Channel.User("alice")), Is.EqualTo(Enumerable.Repeat("""{"é":"\u00e9"}""", bytes.Length - 1)));
    }

    [Test]
    public async Task StoreThatFails_Is503_WithRetryAfter([Values] bool throws)
    {
        await using CollectNode node = await CollectNode.StartAsync();
        node.Store.Fails = !throws;
        node.Store.Throws = throws ? static () => new InvalidOperationException("a fault") : null;

        using HttpResponseMessage response = await node.Http.PostAsync("/collect", new StringContent("""{"userId":"a","data":1}""", null, "application/json"));
        node.Store.Fails = false;
        node.Store.Throws = null;
        (int recovered, JsonElement answer) = await node.PostAsync("""{"userId":"a","data":1}""");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(response.Headers.RetryAfter?.ToString(), Is.EqualTo("1"));
        Assert.That(await response.Content.ReadAsStringAsync(), Does.Contain("repeat it with the same id"));
        Assert.That(recovered, Is.EqualTo(202));
        Assert.That(answer.GetProperty("seq").GetInt64(), Is.EqualTo(1));
        Assert.That(node.Dispatcher.Dispatched.Select(static m => m.Seq), Has.None.EqualTo(0));
        Assert.That(node.Log.Lines, Has.Length.EqualTo(throws ? 2 : 1));
        Assert.That(node.Log.Lines[^1], Does.StartWith("The message store did not confirm 1 of 1 messages"));
    }

    [Test]
    public async Task ProducerThatDoesNotWaitForItsAnswer_IsHandledAllTheSame()
    {
        await using CollectNode node = await CollectNode.StartAsync();
        node.Store.Gate = new TaskCompletionSource();
        using RawHttp raw = await RawHttp.ConnectAsync(node.Port);
        await raw.StartAsync("/collect?wait=delivered");
        await raw.SendChunkAsync("""{"userId":"a","data":1}""");
        await raw.EndAsync();
        await Eventually.BecomesTrueAsync(() => node.Store.Appends == 1, "append");

        raw.Reset();
        node.Store.Gate.SetResult();

        await Eventually.BecomesTrueAsync(() => node.Dispatcher.Dispatched.Count == 1, "dispatch");
        await node.StopAsync();
        Assert.That(node.Log.Lines, Is.Empty);
    }

    [Test]
    public async Task FullQueue_Is503_AndTakesNothing()
    {
        await using CollectNode node = await CollectNode.StartAsync(("MaxQueuedMessages", "1000"));
        node.Store.Gate = new TaskCompletionSource();
        string ids = string.Join(',', Enumerable.Range(0, 999).Select(static i => $"\"{i}\""));
        Task<(int Status, JsonElement)> large = node.PostAsync($$"""{"userIds":[{{ids}}],"data":1}""");
        await Eventually.BecomesTrueAsync(() => node.Store.Appends == 1, "append");
        Task<(int Status, JsonElement)> fits = node.PostAsync("""{"userId":"fits","data":1}""");
        await Eventually.BecomesTrueAsync(() => ((PushNode.Collect.Batcher)node.Services.GetService(typeof(PushNode.Collect.Batcher))!).Queued == 1_000, "queue");

        using HttpResponseMessage refused = await node.Http.PostAsync("/collect", new StringContent("""{"userId":"a","data":1}""", null, "application/json"));
        node.Store.Gate.SetResult();

        Assert.That(refused.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(refused.Headers.RetryAfter?.ToString(), Is.EqualTo("1"));
        Assert.That(await refused.Content.ReadAsStringAsync(), Does.Contain("nothing of this was accepted"));
        Assert.That((await large).Status, Is.EqualTo(202));
        Assert.That((await fits).Status, Is.EqualTo(202));
        Assert.That(node.Store.Read(Channel.User("a")), Is.Empty);
    }

    [Test]
    public async Task WaitDelivered_TellsTheConnections()
    {
        await using CollectNode node = await CollectNode.StartAsync(("DeliveryWait", "00:01:00"));
        node.Dispatcher.Connections = 2;

        (int status, JsonElement answer) = await node.PostAsync("""{"userId":"a","id":"m","data":1}""", "/collect?wait=delivered").WaitAsync(Patience);
        (int repeated, JsonElement again) = await node.PostAsync("""{"userId":"a","id":"m","data":1}""", "/collect?wait=delivered").WaitAsync(Patience);
        (_, JsonElement ephemeral) = await node.PostAsync("""{"userIds":["a","b"],"id":"e","ephemeral":true,"data":1}""", "/collect?wait=delivered").WaitAsync(Patience);

        Assert.That(status, Is.EqualTo(202));
        Assert.That(answer.GetRawText(), Is.EqualTo("""{"id":"m","seq":1,"delivered":2}"""));
        Assert.That(repeated, Is.EqualTo(200));
        Assert.That(again.GetRawText(), Is.EqualTo("""{"id":"m","seq":1,"repeated":true,"delivered":0}"""));
        Assert.That(ephemeral.GetRawText(), Is.EqualTo("""[{"userId":"a","id":"e","delivered":2},{"userId":"b","id":"e","delivered":2}]"""));
    }

    [Test]
    public async Task WaitDelivered_WithoutReport_EndsByItself()
    {
        await using CollectNode node = await CollectNode.StartAsync(("DeliveryWait", "00:00:00.050"));

        (int status, JsonElement answer) = await node.PostAsync("""{"userId":"a","data":1}""", "/collect?wait=delivered");

        Assert.That(status, Is.EqualTo(202));
        Assert.That(answer.GetProperty("delivered").GetInt32(), Is.Zero);
    }

    [TestCase("/collect?wait=stored", "wait can only be")]
    [TestCase("/collect?wait=delivered&wait=delivered", "wait can only be")]
    [TestCase("/collect?wiat=delivered", "no query parameter 'wiat' here; known: wait")]
    [TestCase("/collect/batch?wait", "wait can only be")]
    [TestCase("/collect/batch?x=1", "no query parameter 'x'")]
    public async Task UnknownQuery_IsRefused(string path, string sentence)
    {
        await using CollectNode node = await CollectNode.StartAsync();

        (int status, JsonElement answer) = await node.PostAsync("""{"userId":"a","data":1}""", path);

        Assert.That((status, answer.GetProperty("code").GetString()), Is.EqualTo((400, "bad_parameter")));
        Assert.That(answer.GetProperty("detail").GetString(), Does.Contain(sentence));
    }

    [TestCase("/collect", "application/json", 202)]
    [TestCase("/collect", "Application/JSON; charset=\"UTF-8\"", 202)]
    [TestCase("/collect", "application/x-www-form-urlencoded", 202)]
    [TestCase("/collect", "application/json; charset=latin1", 415)]
    [TestCase("/collect", "text/plain", 415)]
    [TestCase("/collect", "application/x-ndjson", 415)]
    [TestCase("/collect", "nonsense", 415)]
    [TestCase("/collect/batch", "application/x-ndjson", 200)]
    [TestCase("/collect/batch", "application/ndjson; charset=utf-8", 200)]
    [TestCase("/collect/batch", "application/json", 200)]
    [TestCase("/collect/batch", "application/x-www-form-urlencoded", 200)]
    [TestCase("/collect/batch", "text/csv", 415)]
    public async Task ContentType_IsChecked(string path, string type, int expected)
    {
        await using CollectNode node = await CollectNode.StartAsync();
        using var content = new StringContent("""{"userId":"a","data":1}""");
        content.Headers.Remove("Content-Type");
        content.Headers.TryAddWithoutValidation("Content-Type", type);

        using HttpResponseMessage response = await node.Http.PostAsync(path, content);

        Assert.That((int)response.StatusCode, Is.EqualTo(expected));
        if (expected == 415)
            Assert.That(await response.Content.ReadAsStringAsync(), Does.Contain("application/json").Or.Contains("utf-8"));
    }

    [Test]
    public async Task ContentEncoding_IsRefused()
    {
        await using CollectNode node = await CollectNode.StartAsync();
        using var content = new ByteArrayContent([0x1f, 0x8b]);
        content.Headers.ContentEncoding.Add("gzip");

        using HttpResponseMessage response = await node.Http.PostAsync("/collect", content);

        Assert.That((int)response.StatusCode, Is.EqualTo(415));
    }

    [Test]
    public async Task Rate_OverTheLimit_Is429_WithRetryAfter()
    {
        await using CollectNode node = await CollectNode.StartAsync(("MaxMessagesPerSecond", "1"), ("MessageBurst", "2"));

        (int first, _) = await node.PostAsync("""{"userIds":["a","b"],"data":1}""");
        using HttpResponseMessage second = await node.Http.PostAsync("/collect", new StringContent("""{"userId":"a","data":1}""", null, "application/json"));

        Assert.That(first, Is.EqualTo(202));
        Assert.That((int)second.StatusCode, Is.EqualTo(429));
        Assert.That(second.Headers.RetryAfter?.ToString(), Is.EqualTo("1"));
    }

    [Test]
    public async Task PostAfterAnAnswer_HasTheHigherSeq_AcrossConnections()
    {
        await using CollectNode node = await CollectNode.StartAsync();

        long[][] seqs = await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            var mine = new List<long>();
            for (int i = 0; i < 50; i++)
                mine.Add((await node.PostAsync("""{"userId":"a","data":1}""")).Json.GetProperty("seq").GetInt64());
            return mine.ToArray();
        }));

        Assert.That(seqs, Has.All.Ordered.Ascending);
        Assert.That(seqs.SelectMany(static s => s).Order(), Is.EqualTo(Enumerable.Range(1, 400).Select(static i => (long)i)));
        await Eventually.BecomesTrueAsync(() => node.Dispatcher.Dispatched.Count == 400, "dispatch");
        Assert.That(node.Dispatcher.Dispatched.Select(static m => m.Seq), Is.Ordered.Ascending);
    }

    private static byte[] Chunk(byte[] bytes) => [.. Encoding.ASCII.GetBytes($"{bytes.Length:x}\r\n"), .. bytes, .. "\r\n"u8];
}
