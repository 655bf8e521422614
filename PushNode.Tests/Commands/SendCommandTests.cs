using Microsoft.AspNetCore.Http;
using PushNode.Commands;
using PushNode.Tests.Support;

namespace PushNode.Tests.Commands;

internal sealed class SendCommandTests
{
    private readonly TemporaryFolder folder = new();

    [TearDown]
    public void Dispose() => folder.Dispose();

    [TestCase("""{"userId":"alice","data":{"text":"hi \u00E4"}}""", "--user", "alice", "hi ä")]
    [TestCase("""{"userIds":["alice","bob"],"data":{ "n": 1.50 }}""", "--user", "alice", "--user", "bob", "--json", """{ "n": 1.50 }""")]
    [TestCase("""{"topic":"news","id":"m-1","event":"e","ttl":3600,"data":{"text":"from stdin"}}""", "--topic", "news", "--id", "m-1", "--event", "e", "--ttl", "1h", "-")]
    [TestCase("""{"broadcast":true,"ephemeral":true,"data":7}""", "--all", "--ephemeral", "--json", "7")]
    public async Task Send_PostsTheMessage_AndPrintsTheAnswer(string body, params string[] arguments)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(Answer(202, "application/json", """{"id":"x","seq":1}"""));

        ProcessEnd end = await RunAsync(server, arguments);

        Assert.That(end, Is.EqualTo(new ProcessEnd(0, """{"id":"x","seq":1}""" + Environment.NewLine, "")));
        Assert.That(server.Received.Single(), Is.EqualTo(body));
        Assert.That(server.Requests.Single(), Is.EqualTo("POST /collect"));
    }

    [TestCase(63, true)]
    [TestCase(64, false)]
    [TestCase(65, false)]
    [TestCase(5000, false)]
    public async Task Send_JsonNestedTooDeep_IsToldSo(int depth, bool sent)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(Answer(202, "application/json", "{}"));

        ProcessEnd end = await RunAsync(server, "--all", "--json", new string('[', depth) + new string(']', depth));

        Assert.That(end.Code, Is.EqualTo(sent ? ExitCodes.Success : ExitCodes.Usage), end.Error);
        Assert.That(end.Error, Is.EqualTo(sent ? "" : "pushnode: --json is nested more than 63 deep, which no node takes; send what is deeper as a string" + Environment.NewLine));
        Assert.That(server.Received, Has.Count.EqualTo(sent ? 1 : 0));
    }

    [Test]
    public async Task Send_WithAKeyFile_AndWait_SendsBoth()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(Answer(202, "application/json", "{}"));
        File.WriteAllText(folder.File("key"), "the-key\n");

        ProcessEnd end = await RunAsync(server, "--all", "hi", "--wait", "--key-file", folder.File("key"));

        Assert.That(end.Code, Is.Zero);
        Assert.That(server.Authorizations.Single(), Is.EqualTo("Bearer the-key"));
        Assert.That(server.Requests.Single(), Is.EqualTo("POST /collect?wait=delivered"));
    }

    [Test]
    public async Task Send_Refused_ShowsTheDetail_AndExitCode1()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(Answer(429, "application/problem+json", """{"title":"T","status":429,"detail":"too many messages"}""", "7"));

        ProcessEnd end = await RunAsync(server, "--all", "hi");

        Assert.That(end.Code, Is.EqualTo(ExitCodes.Failure));
        Assert.That(end.Error, Is.EqualTo("pushnode: refused with 429: too many messages (try again in 7 s)" + Environment.NewLine));
        Assert.That(end.Output, Is.Empty);
    }

    [TestCase("text/html", "<h1>Bad Gateway</h1>")]
    [TestCase("application/problem+json", "[")]
    [TestCase("application/problem+json", """{"detail":5}""")]
    public async Task Send_RefusedBySomebodyElse_ShowsTheStatus(string contentType, string body)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(Answer(502, contentType, body));

        ProcessEnd end = await RunAsync(server, "--all", "hi");

        Assert.That(end.Code, Is.EqualTo(ExitCodes.Failure));
        Assert.That(end.Error, Is.EqualTo("pushnode: refused with 502: Bad Gateway" + Environment.NewLine));
    }

    private static Func<HttpContext, Task> Answer(int status, string contentType, string body, string? retryAfter = null) => context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        context.Response.Headers.RetryAfter = retryAfter;
        return context.Response.WriteAsync(body);
    };

    private Task<ProcessEnd> RunAsync(ScriptedServer server, params string[] arguments) =>
        PushNodeProcess.RunAsync(folder.Path, ["send", .. arguments, "--url", server.Address.ToString()], input: "from stdin\n");
}
