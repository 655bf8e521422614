using System.Text.Json;
using PushNode.Messages;
using PushNode.Tests.Support;

namespace PushNode.Tests.Collect;

internal sealed class CollectBatchEndpointTests
{
    private const string Line = """{"userId":"a","data":1}""" + "\n";

    [Test]
    public async Task FirstAnswer_ComesBeforeTheLastLineIsSent()
    {
        await using CollectNode node = await CollectNode.StartAsync();
        using RawHttp raw = await RawHttp.ConnectAsync(node.Port);

        await raw.StartAsync("/collect/batch");
        await raw.SendChunkAsync(Line);
        string head = await raw.ReadHeadAsync();
        string? first = await raw.ReadLineAsync();
        await raw.SendChunkAsync(Line);
        string? second = await raw.ReadLineAsync();
        await raw.EndAsync();

        Assert.That(head, Does.StartWith("HTTP/1.1 200").And.Contains("application/x-ndjson"));
        Assert.That(first, Does.Match("""^{"status":202,"id":"\w+","seq":1}$"""));
        Assert.That(second, Does.Match("""^{"status":202,"id":"\w+","seq":2}$"""));
        Assert.That(await raw.ReadLineAsync(), Is.Null);
    }

    [Test]
    public async Task Answer_ThatIsReady_DoesNotWaitForTheNext()
    {
        await using CollectNode node = await CollectNode.StartAsync();
        var batcher = (PushNode.Collect.Batcher)node.Services.GetService(typeof(PushNode.Collect.Batcher))!;
        using RawHttp raw = await RawHttp.ConnectAsync(node.Port);
        var first = new TaskCompletionSource();
        node.Store.Gate = first;
        await raw.StartAsync("/collect/batch");
        await raw.SendChunkAsync(Line);
        await Eventually.BecomesTrueAsync(() => node.Store.Appends == 1, "append");
        await raw.SendChunkAsync(Line);
        await Eventually.BecomesTrueAsync(() => batcher.Queued == 2, "both lines are in line");

        node.Store.Gate = new TaskCompletionSource();
        first.SetResult();

        await raw.ReadHeadAsync();
        Assert.That(await raw.ReadLineAsync(), Does.Contain("\"seq\":1"));
        node.Store.Gate.SetResult();
        Assert.That(await raw.ReadLineAsync(), Does.Contain("\"seq\":2"));
    }

    [Test]
    public async Task Connection_IsUsedAgain_AfterABatch()
    {
        await using CollectNode node = await CollectNode.StartAsync();
        using RawHttp raw = await RawHttp.ConnectAsync(node.Port);

        for (int round = 1; round <= 3; round++)
        {
            await raw.StartAsync("/collect/batch");
            await raw.SendChunkAsync(Line + Line);
            await raw.EndAsync();
            await raw.ReadHeadAsync();
            Assert.That(await raw.ReadLineAsync(), Does.Contain($"\"seq\":{(round * 2) - 1}"));
            Assert.That(await raw.ReadLineAsync(), Does.Contain($"\"seq\":{round * 2}"));
            Assert.That(await raw.ReadLineAsync(), Is.Null);
        }
    }

    [Test]
    public async Task ManyLines_AreNumberedAndAnswered_InTheirOrder()
    {
        await using CollectNode node = await CollectNode.StartAsync();
        string lines = string.Concat(Enumerable.Range(1, 20_000).Select(static i => $$"""{"topic":"t","id":"m{{i}}","data":{{i}}}""" + "\n"));

        JsonElement[] answers = await node.PostLinesAsync(lines);

        Assert.That(answers.Select(static a => a.GetProperty("id").GetString()), Is.EqualTo(Enumerable.Range(1, 20_000).Select(static i => $"m{i}")));
        Assert.That(answers.Select(static a => a.GetProperty("seq").GetInt32()), Is.EqualTo(Enumerable.Range(1, 20_000)));
        Assert.That(node.Store.Read(Channel.Topic("t")), Is.EqualTo(Enumerable.Range(1, 20_000).Select(static i => $"{i}")));
    }

    [Test]
    public async Task BadLine_FailsAlone_WithItsNumber()
    {
        await using CollectNode node = await CollectNode.StartAsync();

        JsonElement[] answers = await node.PostLinesAsync(Line + "\n \r\n" + """{"userId":"a","data":}""" + "\n{}\r\n" + """{"userIds":["b","a"],"id":"m","data":1}""" + "\r\n" + Line.TrimEnd());

        Assert.That(answers.Select(static a => a.GetProperty("status").GetInt32()), Is.EqualTo(new[] { 202, 400, 400, 202, 202 }));
        Assert.That(answers[1].GetRawText(), Does.StartWith("""{"status":400,"code":"malformed","detail":"malformed JSON at byte 22: """).And.EndsWith(""","line":4}"""));
        Assert.That(answers[2].GetProperty("line").GetInt32(), Is.EqualTo(5));
        Assert.That(answers[3].GetRawText(), Is.EqualTo("""{"status":202,"messages":[{"userId":"b","id":"m","seq":1},{"userId":"a","id":"m","seq":2}]}"""));
        Assert.That(answers[4].GetProperty("seq").GetInt32(), Is.EqualTo(3));
    }

    [Test]
    public async Task OverLongLine_FailsAlone_AtOnce_WithoutBeingKept()
    {
        await using CollectNode node = await CollectNode.StartAsync(("MaxDataBytes", "500"), ("MaxBodyBytes", "1000"));
        using RawHttp raw = await RawHttp.ConnectAsync(node.Port);

        await raw.StartAsync("/collect/batch");
        await raw.SendChunkAsync(Line + new string('x', 1_500));
        await raw.ReadHeadAsync();
        string? good = await raw.ReadLineAsync();
        string? tooLong = await raw.ReadLineAsync();
        for (int i = 0; i < 200; i++)
            await raw.SendChunkAsync(new string('x', 100_000));
        await raw.SendChunkAsync("\n" + Line);
        string? after = await raw.ReadLineAsync();
        await raw.EndAsync();

        Assert.That(good, Does.Contain("\"seq\":1"));
        Assert.That(tooLong, Is.EqualTo("""{"status":413,"code":"too_large","detail":"the line is longer than 1000 bytes (Collect:MaxBodyBytes)","line":2}"""));
        Assert.That(after, Does.Contain("\"seq\":2"));
        Assert.That(await raw.ReadLineAsync(), Is.Null);
    }

    [Test]
    public async Task Lines_SplitAtEveryByte_AreReadTheSame()
    {
        await using CollectNode node = await CollectNode.StartAsync();
        using RawHttp raw = await RawHttp.ConnectAsync(node.Port);
        const string Lines = Line + "\n" + """{"topic":"t","id":"x","data":{"a":[1,2]}}""" + "\r\n" + "nonsense\n" + """{"userId":"a","ephemeral":true,"id":"e","data":2}""";

        for (int split = 1; split < Lines.Length; split++)
        {
            await raw.StartAsync("/collect/batch");
            await raw.SendChunkAsync(Lines[..split]);
            await raw.SendChunkAsync(Lines[split..]);
            await raw.EndAsync();
            await raw.ReadHeadAsync();
            Assert.That(await raw.ReadLineAsync(), Does.Contain($"\"seq\":{split}}}"));
            Assert.That(await raw.ReadLineAsync(), Does.Contain("\"id\":\"x\",\"seq\":1"));
            Assert.That(await raw.ReadLineAsync(), Does.Contain("malformed JSON at byte 2").And.EndsWith("\"line\":4}"));
            Assert.That(await raw.ReadLineAsync(), Is.EqualTo("""{"status":202,"id":"e"}"""));
            Assert.That(await raw.ReadLineAsync(), Is.Null);
        }
    }

    [Test]
    public async Task RepeatedId_IsMarked()
    {
        await using CollectNode node = await CollectNode.StartAsync();
        const string Same = """{"userId":"a","id":"m","data":1}""" + "\n";

        JsonElement[] answers = await node.PostLinesAsync(Same + Same);

        Assert.That(answers[0].GetRawText(), Is.EqualTo("""{"status":202,"id":"m","seq":1}"""));
        Assert.That(answers[1].GetRawText(), Is.EqualTo("""{"status":200,"id":"m","seq":1,"repeated":true}"""));
    }

    [Test]
    public async Task StoreThatFails_Is503_OnEachLine_AndTheStreamGoesOn()
    {
        await using CollectNode node = await CollectNode.StartAsync();
        using RawHttp raw = await RawHttp.ConnectAsync(node.Port);
        node.Store.Fails = true;

        await raw.StartAsync("/collect/batch");
        await raw.SendChunkAsync(Line + """{"userId":"a","ephemeral":true,"data":1}""" + "\n");
        await raw.ReadHeadAsync();
        string? failed = await raw.ReadLineAsync();
        string? ephemeral = await raw.ReadLineAsync();
        node.Store.Fails = false;
        await raw.SendChunkAsync(Line);

        Assert.That(failed, Does.StartWith("""{"status":503,"code":"unavailable",""").And.EndsWith(""","line":1,"retryAfter":1}"""));
        Assert.That(ephemeral, Does.StartWith("""{"status":202,"""));
        Assert.That(await raw.ReadLineAsync(), Does.Contain("\"seq\":1"));
    }

    [Test]
    public async Task FullQueue_HoldsTheStreamBack_AndLeavesRoomForRequests()
    {
        await using CollectNode node = await CollectNode.StartAsync(("MaxQueuedMessages", "1000"));
        var batcher = (PushNode.Collect.Batcher)node.Services.GetService(typeof(PushNode.Collect.Batcher))!;
        node.Store.Gate = new TaskCompletionSource();

        Task<JsonElement[]> stream = node.PostLinesAsync(string.Concat(Enumerable.Repeat(Line, 5_000)));
        await Eventually.BecomesTrueAsync(() => node.Store.Appends == 1, "append");
        string ids = string.Join(',', Enumerable.Range(0, 500).Select(static i => $"\"{i}\""));
        Task<(int Status, JsonElement)> request = node.PostAsync($$"""{"userIds":[{{ids}}],"data":1}""");
        // The stream alone cannot get there.
        await Eventually.BecomesTrueAsync(() => batcher.Queued > 500, "the request is in line");

        node.Store.Gate.SetResult();
        Assert.That((await request).Status, Is.EqualTo(202));
        Assert.That((await stream).Select(static a => a.GetProperty("seq").GetInt32()), Is.EqualTo(Enumerable.Range(1, 5_000)));
    }

    [Test]
    public async Task Rate_CountsLines()
    {
        await using CollectNode node = await CollectNode.StartAsync(("MaxMessagesPerSecond", "1"), ("MessageBurst", "3"));

        JsonElement[] answers = await node.PostLinesAsync(Line + Line + "{}\n" + Line + Line);

        Assert.That(answers.Select(static a => a.GetProperty("status").GetInt32()), Is.EqualTo(new[] { 202, 202, 400, 202, 429 }));
        Assert.That(answers[4].GetRawText(), Does.Contain("\"line\":5,\"retryAfter\":1"));
    }

    [Test]
    public async Task WaitDelivered_CountsForEachLine()
    {
        await using CollectNode node = await CollectNode.StartAsync();
        node.Dispatcher.Connections = 3;

        JsonElement[] answers = await node.PostLinesAsync(Line + """{"userIds":["a","b"],"id":"m","data":1}""" + "\n", "?wait=delivered");

        Assert.That(answers[0].GetProperty("delivered").GetInt32(), Is.EqualTo(3));
        Assert.That(answers[1].GetProperty("messages")[1].GetRawText(), Is.EqualTo("""{"userId":"b","id":"m","seq":1,"delivered":3}"""));
    }

    [Test]
    public async Task WaitDelivered_WithoutReports_WaitsOnceForAllOfThem()
    {
        await using CollectNode node = await CollectNode.StartAsync(("DeliveryWait", "00:00:00.200"));
        string lines = string.Concat(Enumerable.Repeat(Line, 3_000));

        Task<JsonElement[]> answers = node.PostLinesAsync(lines, "?wait=delivered");

        // A dozen chunks: one after another they would take seconds.
        Assert.That(await answers.WaitAsync(TimeSpan.FromSeconds(2)), Has.Length.EqualTo(3_000));
    }

    [Test]
    public async Task ProducerThatGoesAway_IsHandledUpToItsLastWholeLine_AndNobodyElseNotices([Values] bool reset)
    {
        await using CollectNode node = await CollectNode.StartAsync();
        RawHttp raw = await RawHttp.ConnectAsync(node.Port);
        await raw.StartAsync("/collect/batch");
        await raw.SendChunkAsync(Line + """{"userId":"a","data":2}""");
        await Eventually.BecomesTrueAsync(() => node.Store.Read(Channel.User("a")).Length == 1, "first line");

        if (reset)
            raw.Reset();
        raw.Dispose();

        (int status, JsonElement answer) = await node.PostAsync("""{"userId":"a","data":3}""");
        Assert.That(status, Is.EqualTo(202));
        Assert.That(answer.GetProperty("seq").GetInt64(), Is.EqualTo(2));
        await node.StopAsync();
        Assert.That(node.Store.Read(Channel.User("a")), Is.EqualTo(new[] { "1", "3" }));
        Assert.That(node.Log.Lines, Is.Empty);
    }

    [Test]
    public async Task ProducerThatDoesNotReadItsAnswers_IsReadNoFurther()
    {
        await using CollectNode node = await CollectNode.StartAsync(("MaxLinesInFlight", "160"));
        using RawHttp raw = await RawHttp.ConnectAsync(node.Port, receiveBuffer: 4096);
        string chunk = string.Concat(Enumerable.Repeat($$"""{"userIds":["{{new string('u', 128)}}"],"data":1}""" + "\n", 100));
        int sent = 0;
        await raw.StartAsync("/collect/batch");
        Task sending = Task.Run(async () =>
        {
            for (; sent < 2_000; sent++)
                await raw.SendChunkAsync(chunk);
        });

        int stalled = -1;
        await Eventually.BecomesTrueAsync(
            async () =>
            {
                int before = sent;
                await Task.Delay(300);
                stalled = sent;
                return before > 0 && before == stalled;
            },
            "the producer is held back");
        Assert.That(stalled, Is.LessThan(2_000));
        raw.Reset();
        Assert.That(async () => await sending, Throws.InstanceOf<IOException>().Or.InstanceOf<ObjectDisposedException>());
        Assert.That((await node.PostAsync("""{"userId":"a","data":3}""")).Status, Is.EqualTo(202));
        Assert.That(node.Log.Lines, Is.Empty);
    }

    [Test]
    public async Task NodeThatStops_AnswersWhatItHasRead_AndEndsTheStream()
    {
        await using CollectNode node = await CollectNode.StartAsync();
        using RawHttp raw = await RawHttp.ConnectAsync(node.Port);
        node.Store.Gate = new TaskCompletionSource();
        await raw.StartAsync("/collect/batch");
        await raw.SendChunkAsync(Line);
        await Eventually.BecomesTrueAsync(() => node.Store.Appends == 1, "append");

        Task stopped = node.StopAsync();
        node.Store.Gate.SetResult();

        await raw.ReadHeadAsync();
        Assert.That(await raw.ReadLineAsync(), Does.Contain("\"seq\":1"));
        Assert.That(await raw.ReadLineAsync(), Is.Null);
        raw.Dispose();
        await stopped.WaitAsync(TimeSpan.FromSeconds(10));
    }

    [Test]
    public async Task NoLines_NoAnswers()
    {
        await using CollectNode node = await CollectNode.StartAsync();

        Assert.That(await node.PostLinesAsync(""), Is.Empty);
        Assert.That(await node.PostLinesAsync("\n\n"), Is.Empty);
    }
}
