using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using PushNode.Commands;
using PushNode.Tests.Support;

namespace PushNode.Tests.Commands;

internal sealed class ListenerTests
{
    private const string Welcome = """{"type":"welcome","user":"alice","connection":"1","node":"n","epoch":"e1","head":3,"heartbeat":25}""";

    private readonly StringWriter output = new();
    private readonly StringWriter status = new();
    private readonly CancellationTokenSource stop = new();

    [TearDown]
    public void Dispose()
    {
        output.Dispose();
        status.Dispose();
        stop.Dispose();
    }

    [Test]
    public async Task Messages_ArePrinted_ThenAcknowledged_AndCtrlCClosesCleanly()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync();
        server.Enqueue(server.Frames([Welcome, Message(1), Message(2, "topic:news"), """{"type":"message","channel":"all","time":"t","data":7}""", """{"type":"unheard-of"}"""]));

        Task<int> run = RunAsync(server, new ListenPosition(null, ["news"]));
        await Eventually.BecomesTrueAsync(() => server.Received.Count == 2 && Lines().Length == 3, "three lines and two acknowledgements");
        await stop.CancelAsync();

        Assert.That(await run, Is.Zero);
        Assert.That(Lines(), Is.EqualTo(new[] { "t user:alice 1 - 1", "t topic:news 2 - 2", "t all - - 7" }));
        Assert.That(server.Received, Is.EqualTo(new[] { """{"type":"ack","seq":1}""", """{"type":"ack","channel":"topic:news","seq":2}""" }));
        Assert.That(server.Closes, Is.EqualTo(new[] { 1000 }));
        Assert.That(server.Requests.Single(), Is.EqualTo("GET /push?device=cli&ack=manual&topics=news"));
        Assert.That(server.Authorizations.Single(), Is.EqualTo("Bearer token-1"));
    }

    [Test]
    public async Task LostConnection_IsResumedWhereItWas_AndNothingIsPrintedTwice()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync();
        server.Enqueue(server.Frames([Welcome, """{"type":"live","channel":"topic:news","seq":9}""", Message(1), Message(2)], AbortAfterTwoFramesAsync));
        server.Enqueue(server.Frames([Welcome, Message(2), Message(3)]));

        Task<int> run = RunAsync(server, new ListenPosition(null, ["news"]));
        await Eventually.BecomesTrueAsync(() => Lines().Length == 3, "three messages");
        await stop.CancelAsync();

        Assert.That(await run, Is.Zero);
        Assert.That(Lines(), Is.EqualTo(new[] { "t user:alice 1 - 1", "t user:alice 2 - 2", "t user:alice 3 - 3" }));
        Assert.That(server.Requests.Last(), Is.EqualTo("GET /push?device=cli&ack=manual&after=2&epoch=e1&topics=news%3A9"));
        Assert.That(server.Authorizations, Is.EqualTo(new[] { "Bearer token-1", "Bearer token-2" }));
    }

    [Test]
    public async Task Reset_StartsTheChannelOver()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync();
        server.Enqueue(server.Frames([Welcome, Message(5), """{"type":"reset","channel":"user:alice","epoch":"e1"}""", Message(1)]));

        Task<int> run = RunAsync(server, new ListenPosition(null, []));
        await Eventually.BecomesTrueAsync(() => Lines().Length == 2, "two messages");
        await stop.CancelAsync();

        Assert.That(await run, Is.Zero);
        Assert.That(Lines()[1], Is.EqualTo("t user:alice 1 - 1"));
        Assert.That(status.ToString(), Does.Contain("user:alice starts over: the node's store is another one, or was restored, or the number is higher than any message's"));
    }

    [TestCase(1008)]
    [TestCase(4400)]
    [TestCase(4401)]
    [TestCase(4403)]
    public async Task Refusal_IsFinal_AndSaysWhy(int code)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync();
        server.Enqueue(server.Frames([], Close(code, "no, because \u009b")));

        Assert.That(await RunAsync(server, new ListenPosition(null, [])), Is.EqualTo(ExitCodes.Failure));
        Assert.That(status.ToString(), Does.Contain($"({code}: no, because \\u009b)"));
        Assert.That(server.Requests, Has.Count.EqualTo(1));
    }

    [TestCase(1000)]
    [TestCase(1001)]
    [TestCase(1011)]
    [TestCase(1012)]
    [TestCase(4408)]
    [TestCase(4429)]
    [TestCase(4503)]
    public async Task PassingEnd_IsFollowedByAnotherAttempt(int code)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync();
        server.Enqueue(server.Frames([Welcome], Close(code, null)));
        server.Enqueue(server.Frames([Welcome, Message(1)]));

        Task<int> run = RunAsync(server, new ListenPosition(null, []));
        await Eventually.BecomesTrueAsync(() => Lines().Length == 1, "the message on the second connection");
        await stop.CancelAsync();

        Assert.That(await run, Is.Zero);
        Assert.That(status.ToString(), Does.Contain($"({code}:"));
    }

    [Test]
    public async Task OwnToken_ThatHasExpired_IsSignedAnew()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync();
        server.Enqueue(server.Frames([Welcome], Close(4401, "expired")));
        server.Enqueue(server.Frames([Welcome, Message(1)]));

        Task<int> run = RunAsync(server, new ListenPosition(null, []), tokenLifetime: TimeSpan.FromTicks(1));
        await Eventually.BecomesTrueAsync(() => Lines().Length == 1, "the message on the second connection");
        await stop.CancelAsync();

        Assert.That(await run, Is.Zero);
        Assert.That(server.Authorizations.Last(), Is.EqualTo("Bearer token-2"));
    }

    [Test]
    public async Task Reconnect_WaitsAsLongAsTheNodeAsks()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync();
        server.Enqueue(server.Frames([Welcome, """{"type":"reconnect","afterMs":300}"""], Close(1012, "draining")));
        server.Enqueue(server.Frames([Welcome, Message(1)]));
        long start = TimeProvider.System.GetTimestamp();

        Task<int> run = RunAsync(server, new ListenPosition(null, []));
        await Eventually.BecomesTrueAsync(() => Lines().Length == 1, "the message on the second connection");

        Assert.That(TimeProvider.System.GetElapsedTime(start), Is.GreaterThanOrEqualTo(TimeSpan.FromMilliseconds(300)));
        await stop.CancelAsync();
        Assert.That(await run, Is.Zero);
    }

    [TestCase(401)]
    [TestCase(404)]
    [TestCase(200)]
    public async Task HttpAnswer_ThatWillNotChange_IsFinal(int code)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(Status(code));

        Assert.That(await RunAsync(server, new ListenPosition(null, [])), Is.EqualTo(ExitCodes.Failure));
        Assert.That(status.ToString(), Does.Contain($"answered {code}"));
    }

    [TestCase(503)]
    [TestCase(429)]
    public async Task HttpAnswer_ThatMayChange_IsFollowedByAnotherAttempt_NotBeforeRetryAfter(int code)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(Status(code, retryAfter: "1"));
        server.Enqueue(server.Frames([Welcome, Message(1)]));
        long start = TimeProvider.System.GetTimestamp();

        Task<int> run = RunAsync(server, new ListenPosition(null, []));
        await Eventually.BecomesTrueAsync(() => Lines().Length == 1, "the message on the second connection");

        Assert.That(TimeProvider.System.GetElapsedTime(start), Is.GreaterThanOrEqualTo(TimeSpan.FromSeconds(1)));
        await stop.CancelAsync();
        Assert.That(await run, Is.Zero);
    }

    [TestCase("hello")]
    [TestCase("[1]")]
    [TestCase("{}")]
    public async Task NoFrameOfTheProtocol_IsFinal(string frame)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync();
        server.Enqueue(server.Frames([frame]));

        Assert.That(await RunAsync(server, new ListenPosition(null, [])), Is.EqualTo(ExitCodes.Failure));
        Assert.That(status.ToString(), Does.Contain("no frame of pushnode.v1"));
    }

    [Test]
    public async Task UnreachableNode_IsTriedAgain_UntilStopped()
    {
        ScriptedServer server = await ScriptedServer.StartAsync();
        Uri address = server.Address;
        await server.DisposeAsync();

        Task<int> run = RunAsync(address, new ListenPosition(null, []), null);
        await Eventually.BecomesTrueAsync(() => Text(status).Split("cannot be reached").Length > 3, "three attempts");
        await stop.CancelAsync();

        Assert.That(await run, Is.Zero);
    }

    private static string Message(long seq, string channel = "user:alice") =>
        $$"""{"type":"message","id":"i{{seq}}","channel":"{{channel}}","seq":{{seq}},"time":"t","data":{{seq}}}""";

    private static async Task AbortAfterTwoFramesAsync(WebSocket socket)
    {
        for (int i = 0; i < 2; i++)
            await socket.ReceiveAsync(new byte[1024], CancellationToken.None);
        socket.Abort();
    }

    private static Func<WebSocket, Task> Close(int code, string? reason) => socket => socket.CloseAsync((WebSocketCloseStatus)code, reason, CancellationToken.None);

    private static Func<HttpContext, Task> Status(int code, string? retryAfter = null) => context =>
    {
        context.Response.StatusCode = code;
        context.Response.Headers.RetryAfter = retryAfter;
        return Task.CompletedTask;
    };

    private static string Text(StringWriter writer)
    {
        lock (writer)
            return writer.ToString();
    }

    private string[] Lines() => Text(output).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private Task<int> RunAsync(ScriptedServer server, ListenPosition position, TimeSpan? tokenLifetime = null) => RunAsync(server.Address, position, tokenLifetime);

    private Task<int> RunAsync(Uri address, ListenPosition position, TimeSpan? tokenLifetime)
    {
        int tokens = 0;
        var target = new ListenTarget(WebAddress.Parse(address.ToString(), isWebSocket: true), () => $"token-{++tokens}", tokenLifetime, "cli");
        var backoff = new Backoff(TimeSpan.FromMilliseconds(20), TimeSpan.FromMilliseconds(100));
        return new Listener(target, position, new MessagePrinter(TextWriter.Synchronized(output), isJson: false), TextWriter.Synchronized(status), backoff).RunAsync(stop.Token);
    }
}
