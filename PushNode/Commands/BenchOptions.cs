using System.CommandLine;

namespace PushNode.Commands;

/// <summary>The options of <c>pushnode bench</c>.</summary>
internal sealed class BenchOptions
{
    public Option<string> Url { get; } = CommonOptions.Url("http", "The node");

    public Option<int> Connections { get; } = new("--connections") { HelpName = "N", Description = "WebSockets to open", DefaultValueFactory = static _ => 10_000 };

    public Option<int?> Users { get; } = new("--users") { HelpName = "N", Description = "Users they are of, each connection a device of its own (default: as many as connections)" };

    public Option<double?> ConnectRate { get; } = new("--connect-rate") { HelpName = "N", Description = "Connections to open per second (default: as fast as possible)" };

    public Option<bool> Idle { get; } = new("--idle") { Description = "Only connect, and hold the connections for the duration; nothing is sent" };

    public Option<string> To { get; } = new("--to") { HelpName = "KIND", Description = "users: each message to one, drawn by lot; topic: to one that all connections have; all: broadcasts", DefaultValueFactory = static _ => "users" };

    public Option<double?> Rate { get; } = new("--rate") { HelpName = "N", Description = "Messages per second, whether or not answers keep up (default: each producer sends the next when the last is answered)" };

    public Option<int?> InFlight { get; } = new("--in-flight") { HelpName = "N", Description = "With --to topic or all and no --rate: messages under way to the connections at a time (default: 4)" };

    public Option<int?> Producers { get; } = new("--producers") { HelpName = "N", Description = "HTTP connections that send (default: 32; with --batch 2)" };

    public Option<int?> Batch { get; } = new("--batch") { HelpName = "N", Description = "Send NDJSON streams, each with so many lines in flight (default: one POST per message)" };

    public Option<int> Size { get; } = new("--size") { HelpName = "BYTES", Description = "Length of each message's data", DefaultValueFactory = static _ => 200 };

    public Option<TimeSpan> Duration { get; } = new("--duration") { HelpName = "DURATION", Description = $"How long to measure: {Durations.Form}", DefaultValueFactory = static _ => TimeSpan.FromSeconds(10), CustomParser = static result => Durations.Parse(result) };

    public Option<TimeSpan> Warmup { get; } = new("--warmup") { HelpName = "DURATION", Description = "How long to send before that", DefaultValueFactory = static _ => TimeSpan.FromSeconds(2), CustomParser = static result => Durations.Parse(result) };

    public Option<string> Ack { get; } = new("--ack") { HelpName = "MODE", Description = "auto: pongs prove what has arrived; manual: each connection acknowledges what it has read", DefaultValueFactory = static _ => "auto" };

    public Option<string?> Key { get; } = CommonOptions.Key();

    public Option<string?> KeyFile { get; } = CommonOptions.KeyFile();

    public Option<string?> Pid { get; } = new("--pid") { HelpName = "LIST", Description = "The node's processes, whose CPU and memory are read, separated by commas (default on Linux: who listens on the port)" };

    public Option<bool> Json { get; } = new("--json") { Description = "The result as JSON instead of a table" };

    public Option<string?> Data { get; } = CommonOptions.Data();

    public Option<string?> Config { get; } = CommonOptions.Config();

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[Url, Connections, Users, ConnectRate, Idle, To, Rate, InFlight, Producers, Batch, Size, Duration, Warmup, Ack, Key, KeyFile, Pid, Json, Data, Config])
            command.Add(option);
    }
}
