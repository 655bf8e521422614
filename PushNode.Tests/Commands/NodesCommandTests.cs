using System.Text.Json;
using PushNode.Commands;
using PushNode.Settings;
using PushNode.Tests.Cluster;
using PushNode.Tests.Support;

namespace PushNode.Tests.Commands;

internal sealed class NodesCommandTests
{
    private readonly TemporaryFolder folder = new();

    [TearDown]
    public void Dispose() => folder.Dispose();

    [Test]
    public async Task Nodes_AreListed_AsATable_AndAsJson()
    {
        await using RedisServer server = await RedisServer.StartWithPasswordAsync("s3cret");
        string connection = $"{server.Address},password=s3cret";
        await using RedisMember first = RedisMember.Prepare(connection, "10.0.0.1:8081", Roles.Collect | Roles.Dispatch);
        await using RedisMember second = RedisMember.Prepare(connection, "10.0.0.2:8081");
        first.Connections = 12;
        second.Node.Drain();
        await first.StartAsync();
        await second.StartAsync();
        File.WriteAllText(folder.File("redis"), connection);

        ProcessEnd table = await RunAsync("--redis", connection);
        ProcessEnd json = await RunAsync("--json", "--Redis:ConnectionFile", folder.File("redis"));

        Assert.That(table.Code, Is.Zero, table.Error);
        string[] lines = table.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.That(lines, Has.Length.EqualTo(3));
        Assert.That(lines[0], Does.StartWith("ADDRESS "));
        Assert.That(lines[1], Does.Match(@"^10\.0\.0\.1:8081  collect, dispatch  12 +\d+\.\d+\.\d+  +\d\.\d s ago$"));
        Assert.That(lines[2], Does.Match(@"^10\.0\.0\.2:8081  push +0 +\d+\.\d+\.\d+  +\d\.\d s ago  draining$"));
        using JsonDocument parsed = JsonDocument.Parse(json.Output);
        JsonElement node = parsed.RootElement[0];
        Assert.That(parsed.RootElement.GetArrayLength(), Is.EqualTo(2));
        Assert.That(node.GetProperty("address").GetString(), Is.EqualTo("10.0.0.1:8081"));
        Assert.That(node.GetProperty("incarnation").GetString(), Is.EqualTo(first.Node.Incarnation));
        Assert.That(node.GetProperty("roles").EnumerateArray().Select(static r => r.GetString()), Is.EqualTo(new[] { "collect", "dispatch" }));
        Assert.That(node.GetProperty("connections").GetInt32(), Is.EqualTo(12));
        Assert.That(node.GetProperty("heartbeatAge").GetDouble(), Is.InRange(0, 3));
        Assert.That(node.GetProperty("draining").GetBoolean(), Is.False);
    }

    [Test]
    public async Task NoNodes_IsSaid_AndAnEmptyArray()
    {
        await using RedisServer server = await RedisServer.StartAsync();

        ProcessEnd table = await RunAsync("--redis", server.Address, "--Redis:Prefix", "other:");
        ProcessEnd json = await RunAsync("--redis", server.Address, "--json");

        Assert.That(table, Is.EqualTo(new ProcessEnd(0, "", $"No node is alive in the Redis at {server.Address} under the prefix other:{Environment.NewLine}")));
        Assert.That(json, Is.EqualTo(new ProcessEnd(0, $"[]{Environment.NewLine}", "")));
    }

    [Test]
    public async Task RedisThatCannotBeUsed_IsExplained_WithExitCode1()
    {
        await using RedisServer server = await RedisServer.StartWithPasswordAsync("s3cret");
        ProcessEnd locked = await RunAsync("--redis", server.Address);
        await server.KillAsync();
        ProcessEnd away = await RunAsync("--redis", server.Address);

        Assert.That(locked.Code, Is.EqualTo(ExitCodes.Failure));
        Assert.That(locked.Error, Does.StartWith($"pushnode: Redis at {server.Address} cannot be used: ").And.Contain("password"));
        Assert.That(away.Code, Is.EqualTo(ExitCodes.Failure));
        Assert.That(away.Error, Does.Contain("Connection refused").And.Not.Contain("   at "));
    }

    [Test]
    public async Task AKeyThatIsNotOurs_IsExplained_WithExitCode1()
    {
        await using RedisServer server = await RedisServer.StartAsync();
        await server.CommandAsync("SET", "pn:nodes", "something else");

        ProcessEnd end = await RunAsync("--redis", server.Address);

        Assert.That(end.Code, Is.EqualTo(ExitCodes.Failure), end.Error);
        Assert.That(end.Error, Does.Contain("refuses what is asked of it: WRONGTYPE").And.Not.Contain("   at "));
    }

    [TestCase("Redis:Connection is missing")]
    [TestCase("Redis:Connection must be", "--redis", "host:none")]
    [TestCase("Redis:Timeout is '00:01:00'", "--redis", "host", "--Redis:Timeout", "00:01:00")]
    [TestCase("'--nonsense'", "--nonsense")]
    public async Task WrongUse_IsOneSentence_AndExitCode2(string why, params string[] arguments)
    {
        ProcessEnd end = await RunAsync(arguments);

        Assert.That(end.Code, Is.EqualTo(ExitCodes.Usage));
        Assert.That(end.Error, Does.StartWith("pushnode: ").And.Contain(why).And.Not.Contain("   at "));
    }

    private Task<ProcessEnd> RunAsync(params string[] arguments) => PushNodeProcess.RunAsync(folder.Path, ["nodes", .. arguments]);
}
