using System.Diagnostics;
using System.Text.Json.Nodes;
using PushNode.Bench;
using PushNode.Commands;
using PushNode.Tests.Bench;
using PushNode.Tests.Commands;
using PushNode.Tests.Support;

namespace PushNode.Tests.Journeys;

/// <summary><c>pushnode bench</c> against a real node.</summary>
internal sealed class BenchTests
{
    private readonly TemporaryFolder folder = new();

    [TearDown]
    public void Dispose() => folder.Dispose();

    [TestCase(50)]
    [TestCase(50, "--rate", "200")]
    [TestCase(50, "--users", "10", "--ack", "manual")]
    [TestCase(50, "--batch", "20")]
    [TestCase(50, "--batch", "20", "--rate", "200")]
    [TestCase(50, "--to", "all")]
    [TestCase(50, "--to", "all", "--in-flight", "1", "--ack", "manual")]
    [TestCase(50, "--to", "topic")]
    [TestCase(50, "--to", "topic", "--rate", "20", "--batch", "5", "--size", "20000")]
    public async Task EveryMode_IsMeasured_AndNothingIsLost(int connections, params string[] options)
    {
        await using NodeProcess node = await NodeProcess.StartPlainAsync();

        ProcessEnd end = await RunAsync(node, ["--connections", $"{connections}", "--warmup", "1s", .. options]);

        JsonNode result = Check(end);
        Assert.That((int)result["connections"]!["connected"]!, Is.EqualTo(connections));
        Assert.That((long)result["accepted"]!, Is.GreaterThan(0).And.EqualTo((long)result["sent"]!));
        Assert.That((long)result["delivered"]!, Is.GreaterThanOrEqualTo((long)result["accepted"]!));
        Assert.That((double)result["deliveredPerSecond"]!, Is.GreaterThan(0));
        Assert.That((double)result["latencyMs"]!["p50"]!, Is.GreaterThan(0).And.LessThanOrEqualTo((double)result["latencyMs"]!["p99"]!));
        Assert.That((double)result["own"]!["cpuMicrosecondsPerDelivery"]!, Is.GreaterThan(0));
        if (OperatingSystem.IsLinux())
            Assert.That((int)result["node"]!["processes"]![0]!, Is.EqualTo(node.ProcessId));
    }

    [Test]
    public async Task Idle_ConnectsAndHolds_AndSaysWhatTheyTake()
    {
        await using NodeProcess node = await NodeProcess.StartPlainAsync();

        JsonNode result = Check(await RunAsync(node, ["--connections", "200", "--idle", "--connect-rate", "1000"]));

        Assert.That((int)result["connections"]!["connected"]!, Is.EqualTo(200));
        Assert.That((double)result["connections"]!["seconds"]!, Is.GreaterThan(0.15));
        Assert.That((long)result["sent"]!, Is.Zero);
        if (OperatingSystem.IsLinux())
            Assert.That((long)result["node"]!["memoryConnected"]!, Is.GreaterThan(0));
    }

    [Test]
    public async Task ATable_ForPeople()
    {
        await using NodeProcess node = await NodeProcess.StartPlainAsync();

        ProcessEnd end = await PushNodeProcess.RunAsync(folder.Path, ["bench", "--url", $"{node.Address}", "--data", node.Data, "--connections", "3", "--rate", "50", "--duration", "1s", "--warmup", "1s"]);

        Assert.That(end.Code, Is.Zero, end.Error);
        Assert.That(end.Output, Does.Contain("3 of 3 in").And.Contain("p99.9").And.Contain("nothing lost, doubled or out of order"));
    }

    [Test]
    public async Task ALimitOfTheNode_IsNamed_AndExitCode1()
    {
        await using NodeProcess node = await NodeProcess.StartAsync("--Push:MaxConnectionsPerAddress", "5");

        ProcessEnd end = await RunAsync(node, ["--connections", "20", "--Auth:Jwt:Secret", Tokens.Secret]);

        Assert.That(end.Code, Is.EqualTo(ExitCodes.Failure));
        Assert.That(end.Output, Does.Contain("Push:MaxConnectionsPerAddress"));
        Assert.That((bool)JsonNode.Parse(end.Output)!["good"]!, Is.False);
    }

    [Test]
    public async Task AKeyThatIsMissing_IsNamed_AndExitCode1()
    {
        await using NodeProcess node = await NodeProcess.StartAsync("--Collect:ApiKeys:0", "0123456789abcdef");

        ProcessEnd end = await RunAsync(node, ["--connections", "2", "--Auth:Jwt:Secret", Tokens.Secret]);

        Assert.That(end.Code, Is.EqualTo(ExitCodes.Failure));
        Assert.That(end.Output, Does.Contain("--key-file"));
    }

    [Test]
    public async Task ANodeThatIsKilled_EndsTheRun_WithWhatWasLost()
    {
        await using NodeProcess node = await NodeProcess.StartAsync();
        BenchPlan plan = TestPlan.For(node.Address, connections: 20) with { Duration = TimeSpan.FromHours(1) };
        using var run = new BenchRun(plan, TimeProvider.System);

        Task<BenchResult> running = run.RunAsync(CancellationToken.None);
        await Eventually.BecomesTrueAsync(() => Task.FromResult(run.Phase == BenchPhase.Measuring && run.Delivered > 100), "messages come");
        await node.KillAsync();
        BenchResult result = await running;

        Assert.That(result.IsGood, Is.False);
        Assert.That(result.Ended, Is.EqualTo(20));
        Assert.That(result.Verdict.Doubled + result.Verdict.OutOfOrder + result.Verdict.Mistaken, Is.Zero);
        Assert.That(result.Problems, Has.Some.StartsWith("the node ended a connection"));
        Assert.That(result.Sent, Is.EqualTo(result.Accepted + result.Refused + result.Unanswered));
        Assert.That(result.Verdict.Lost, Is.EqualTo(result.Accepted - result.Delivered).Or.EqualTo(0), "each message has one connection");
    }

    [Test]
    [Platform("Linux")]
    public async Task TooFewOpenFiles_AreFoundBeforeTheStart()
    {
        var start = new ProcessStartInfo("sh", ["-c", $"ulimit -n 400; exec '{Path.Combine(AppContext.BaseDirectory, "pushnode")}' bench --connections 1000"])
        {
            WorkingDirectory = folder.Path,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        string error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();

        Assert.That(process.ExitCode, Is.EqualTo(ExitCodes.Usage));
        Assert.That(error, Does.StartWith("pushnode: --connections is '1000': this process may open 400 files").And.Contain("ulimit -n 1232"));
    }

    private static JsonNode Check(ProcessEnd end)
    {
        Assert.That(end.Code, Is.Zero, end.Output + end.Error);
        JsonNode result = JsonNode.Parse(end.Output)!;
        Assert.That((bool)result["good"]!, Is.True);
        Assert.That(((int)result["lost"]!, (int)result["doubled"]!, (int)result["outOfOrder"]!, (int)result["mistaken"]!), Is.EqualTo((0, 0, 0, 0)));
        return result;
    }

    private Task<ProcessEnd> RunAsync(NodeProcess node, string[] options) =>
        PushNodeProcess.RunAsync(folder.Path, ["bench", "--url", $"{node.Address}", "--data", node.Data, "--duration", "2s", "--json", .. options]);
}
