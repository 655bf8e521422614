using System.CommandLine;
using PushNode.Bench;

namespace PushNode.Commands;

/// <summary><c>pushnode bench</c>: measures a node, and checks every delivery while it does.</summary>
internal static class BenchCommand
{
    public const string Epilogue = """
        Each connection is a device that a token is signed for, as 'pushnode listen --user' does: with the key in the data folder (--data) or
        that of the settings (--config, --Auth:Jwt:SecretFile FILE). Users and topic have names of this run, and the messages a ttl of 10 minutes.
        Every message that was answered 202 must come once on each connection it is for, in order.
        At a --rate a latency counts from when the message was due, so a standstill of the node shows in full; else from when it was sent.
        What the columns mean, and commands to compare by: docs/benchmarks.md.

        Examples:
          pushnode bench
          pushnode bench --idle --connections 18000
          pushnode bench --rate 5000 --duration 30s --json
          pushnode bench --batch 1000 --data /var/lib/pushnode
          pushnode bench --to all --in-flight 1 --connections 5000 --url http://10.0.0.5:8080 --key-file /etc/pushnode/key

        Exit codes:
          0  measured, and nothing was lost, doubled or out of order
          1  something was; or the node refused or ended connections, refused to take messages, or cannot be reached: the result says which
          2  wrong options or settings, or too few open files are allowed
        """;

    private static readonly TimeSpan TerminalInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LogInterval = TimeSpan.FromSeconds(5);

    public static Command Create(IReadOnlyDictionary<string, string?> settings)
    {
        var options = new BenchOptions();
        var command = new Command("bench", "Measures a node under load, and checks every delivery.");
        options.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            BenchPlan plan = await BenchPlanning.CreateAsync(options, parsed, settings, cancellationToken);
            return await RunAsync(plan, parsed.GetValue(options.Json), cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(BenchPlan plan, bool asJson, CancellationToken cancellationToken)
    {
        using var impatience = SecondSignal.Watch();
        using var run = new BenchRun(plan, TimeProvider.System);
        await Console.Error.WriteLineAsync($"{BenchTable.Describe(plan)}, at {plan.Node}");
        if (plan.Processes.Count == 0)
            await Console.Error.WriteLineAsync("The node's CPU and memory are not measured: its process is not found (it is by the port, on Linux and the same machine only; else name it with --pid)");
        Task<BenchResult> measuring = run.RunAsync(cancellationToken);
        await new BenchProgress(run, plan, Console.Error, Console.IsErrorRedirected ? LogInterval : TerminalInterval).WatchAsync(measuring);

        BenchResult result = await measuring;
        await Console.Out.WriteLineAsync(asJson ? BenchJson.For(result).ToJsonString() : string.Join(Environment.NewLine, BenchTable.For(result).Select(PlainText.From)));
        return result.IsGood ? ExitCodes.Success : ExitCodes.Failure;
    }
}
