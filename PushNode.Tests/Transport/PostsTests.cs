using System.Net;
using System.Net.Sockets;
using System.Text;
using PushNode.Tests.Push;
using PushNode.Tests.Support;

namespace PushNode.Tests.Transport;

/// <summary>Producers whose requests are taken before the web server, and those that are left to it: they cannot tell.</summary>
internal sealed class PostsTests
{
    private const string Body = """{"userId":"producers-user","data":1}""";

    /// <summary>What makes a request one for the web server, without changing what it means.</summary>
    private const string ForWebServer = "TE: trailers\r\n";

    [Test]
    public async Task Answers_AreTheSame_WithAndWithoutTheWebServer()
    {
        await using NodeProcess node = await NodeProcess.StartAsync("--Collect:ApiKeys:0", "a-key-of-the-tests-0123456789");
        (string Path, string Headers, string Body)[] requests =
        [
            ("/collect", "Authorization: Bearer a-key-of-the-tests-0123456789\r\n", """{"id":"one","userId":"a","data":1}"""),
            ("/collect", "X-Api-Key: a-key-of-the-tests-0123456789\r\n", """{"id":"one","userId":"a","data":1}"""),
            ("/collect", "X-Api-Key: a-key-of-the-tests-0123456789\r\nContent-Type: application/json; charset=utf-8\r\n", """{"id":"list","userIds":["a","b"],"data":1}"""),
            ("/collect", "X-Api-Key: a-key-of-the-tests-0123456789\r\nContent-Type: text/plain\r\n", """{"userId":"a","data":1}"""),
            ("/collect", "X-Api-Key: a-key-of-the-tests-0123456789\r\n", """{"userId":"a"}"""),
            ("/collect", "X-Api-Key: a-key-of-the-tests-0123456789\r\n", """{"userId":"a","data":"""),
            ("/collect", "X-Api-Key: a-key-of-the-tests-0123456789\r\n", ""),
            ("/collect", "X-Api-Key: another\r\n", """{"userId":"a","data":1}"""),
            ("/collect", "", """{"userId":"a","data":1}"""),
            ("/collect?wait=delivered", "X-Api-Key: a-key-of-the-tests-0123456789\r\n", """{"id":"waits","userId":"a","data":1}"""),
            ("/collect?other=1", "X-Api-Key: a-key-of-the-tests-0123456789\r\n", """{"userId":"a","data":1}"""),
            ("/nothing", "X-Api-Key: a-key-of-the-tests-0123456789\r\n", "{}"),
        ];
        foreach ((string path, string headers, string body) in requests)
        {
            // Its message is known from here on.
            await AskAsync(node, path, headers + ForWebServer, body);

            string[] behind = await AskAsync(node, path, headers + ForWebServer, body);
            string[] before = await AskAsync(node, path, headers, body);

            Assert.That(before, Is.EqualTo(behind), $"{path} {headers} {body}");
        }
    }

    [Test]
    public async Task ManyRequests_OfOneConnection_AreAnsweredInOrder_AlsoWhenTheyAreSentAhead()
    {
        NodeProcess node = await SharedNode.GetAsync();
        string user = $"posts.{Guid.NewGuid():n}";
        await using TestClient client = await TestClient.ConnectAsync(node.Address, Tokens.For(user), "device=a");
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, node.Port);
        var sent = new StringBuilder();
        for (int i = 0; i < 100; i++)
            sent.Append(Request(node, "/collect", i % 10 == 7 ? ForWebServer : "", $$"""{"userId":"{{user}}","data":{{i}}}"""));
        byte[] bytes = Encoding.ASCII.GetBytes(sent.ToString());

        // In pieces that end anywhere.
        Task sending = SendInPiecesAsync(socket, bytes);
        string answers = await ReadUntilAsync(socket, "\"seq\":100}");
        await sending;

        Assert.That(answers.Split("HTTP/1.1 202 Accepted\r\n"), Has.Length.EqualTo(101));
        for (int i = 1; i < 100; i++)
            Assert.That(answers.IndexOf($"\"seq\":{i}}}", StringComparison.Ordinal), Is.InRange(0, answers.IndexOf($"\"seq\":{i + 1}}}", StringComparison.Ordinal)));
        await client.WaitForMessagesAsync(100);
        Assert.That(client.Messages.Select(static m => m.GetProperty("data").GetInt32()), Is.EqualTo(Enumerable.Range(0, 100)));
    }

    [Test]
    public async Task Producers_ThatLeaveAtAnyMoment_LeaveNothingBehind()
    {
        await using NodeProcess node = await NodeProcess.StartAsync();
        string files = $"/proc/{node.ProcessId}/fd";
        byte[] request = Encoding.ASCII.GetBytes(Request(node, "/collect", "", Body));
        await AskAsync(node, "/collect", "", Body);
        int before = Directory.GetFiles(files).Length;
        for (int i = 0; i < 1_000; i++)
        {
            using var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            client.LingerState = new LingerOption(i % 2 == 0, 0);
            await client.ConnectAsync(IPAddress.Loopback, node.Port);
            await client.SendAsync(request.AsMemory(0, i % 3 == 1 ? 50 : request.Length));
            if (i % 3 == 2)
                await client.ReceiveAsync(new byte[10]);
        }

        await Eventually.BecomesTrueAsync(() => Directory.GetFiles(files).Length <= before + 8, "their sockets are closed");
        Assert.That((await AskAsync(node, "/collect", "", Body))[0], Is.EqualTo("HTTP/1.1 202 Accepted"));
        Assert.That(node.Output, Does.Not.Contain("fail:"));
    }

    [Test]
    public async Task Producer_ThatDoesNotTakeItsAnswer_IsCut()
    {
        await using NodeProcess node = await NodeProcess.StartAsync("--Hosting:HeaderTimeout", "00:00:01");
        // The answer has the id a thousand times, which is more than the system takes for a client that does not read.
        string users = string.Join(',', Enumerable.Range(0, 1_000).Select(static i => $"\"u{i}\""));
        string body = $$"""{"userIds":[{{users}}],"id":"{{new string('x', 128)}}","ephemeral":true,"data":1}""";
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(IPAddress.Loopback, node.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes(Request(node, "/collect", "", body)));

        await Eventually.BecomesTrueAsync(
            async () =>
            {
                try
                {
                    await socket.SendAsync(new byte[] { (byte)'P' });
                    return false;
                }
                catch (SocketException)
                {
                    return true;
                }
            },
            "it is cut");

        Assert.That(node.Output, Does.Not.Contain("fail:"));
    }

    [Test]
    public async Task Sigterm_AnswersWhatWasTaken_AndEndsIdleProducers()
    {
        await using NodeProcess node = await NodeProcess.StartAsync();
        await using RawWebSocket idle = await RawWebSocket.OpenAsync(node.Address);
        await idle.SendTextAsync(Request(node, "/collect", "", Body));
        Assert.That(await idle.ReadHeadAsync(), Does.StartWith("HTTP/1.1 202"));
        long answered = 0;
        Task[] producers = [.. Enumerable.Range(0, 8).Select(_ => PostUntilEndAsync(node, () => Interlocked.Increment(ref answered)))];
        await Eventually.BecomesTrueAsync(() => Interlocked.Read(ref answered) > 100, "they post");

        int code = await node.StopAsync();
        await Task.WhenAll(producers);

        Assert.That(code, Is.Zero, node.Output);
        Assert.That(await idle.EndsAsync(), Is.True);
        Assert.That(node.Output, Does.Not.Contain("fail:").And.Not.Contain("crit:"));
        await node.StartAsync();
        string[] next = await AskAsync(node, "/collect", "", Body);
        // One was answered on the idle connection, and one after the restart.
        long stored = long.Parse(next[^1].Split("\"seq\":")[1].TrimEnd('}'), System.Globalization.CultureInfo.InvariantCulture) - 2;
        Assert.That(stored, Is.InRange(Interlocked.Read(ref answered), Interlocked.Read(ref answered) + 8), "what was answered is stored; of each producer one may be stored that was not answered");
    }

    // Until the node says that it ends, or has ended; each answer that has come whole counts.
    private static async Task PostUntilEndAsync(NodeProcess node, Action answered)
    {
        using var client = new HttpClient();
        try
        {
            while (true)
            {
                using HttpResponseMessage response = await client.PostAsync(new Uri(node.Address, "collect"), new StringContent(Body, Encoding.UTF8, "application/json"));
                if (response.StatusCode == HttpStatusCode.Accepted)
                    answered();
                if (response.Headers.ConnectionClose == true)
                    return;
            }
        }
        catch (HttpRequestException)
        {
            // It has ended.
        }
    }

    private static async Task SendInPiecesAsync(Socket socket, byte[] bytes)
    {
        var random = new Random(7);
        for (int start = 0; start < bytes.Length;)
        {
            int length = Math.Min(random.Next(1, 3_000), bytes.Length - start);
            await socket.SendAsync(bytes.AsMemory(start, length));
            start += length;
            await Task.Yield();
        }
    }

    private static async Task<string> ReadUntilAsync(Socket socket, params string[] ends)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        var text = new StringBuilder();
        byte[] buffer = new byte[4096];
        while (!ends.Any(end => text.ToString().EndsWith(end, StringComparison.Ordinal)))
        {
            int length = await socket.ReceiveAsync(buffer, patience.Token);
            Assert.That(length, Is.Positive, text.ToString());
            text.Append(Encoding.ASCII.GetString(buffer, 0, length));
        }

        return text.ToString();
    }

    /// <summary>The lines of an answer, without those that are of the moment, and its body in one piece.</summary>
    private static async Task<string[]> AskAsync(NodeProcess node, string path, string headers, string body)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, node.Port);
        await socket.SendAsync(Encoding.ASCII.GetBytes(Request(node, path, headers, body)));
        string[] answer = (await ReadUntilAsync(socket, "}", "]", "\r\n0\r\n\r\n")).Split("\r\n\r\n", 2);
        string[] lines = answer[0].Split("\r\n");
        // In one chunk, if in any.
        string text = answer[0].Contains("chunked", StringComparison.Ordinal) ? answer[1].Split("\r\n")[1] : answer[1];
        return
        [
            lines[0],
            .. lines[1..].Where(static l => !l.StartsWith("Date:", StringComparison.Ordinal) && !l.StartsWith("Transfer-Encoding:", StringComparison.Ordinal) && !l.StartsWith("Content-Length:", StringComparison.Ordinal)).Order(),
            text,
        ];
    }

    private static string Request(NodeProcess node, string path, string headers, string body) =>
        $"POST {path} HTTP/1.1\r\nHost: {node.Address.Authority}\r\n{headers}Content-Length: {body.Length}\r\n\r\n{body}";
}
