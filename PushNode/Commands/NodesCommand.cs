using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging.Abstractions;
using PushNode.Cluster.Redis;
using PushNode.Hosting;
using PushNode.Peers;
using PushNode.Settings;
using StackExchange.Redis;

namespace PushNode.Commands;

/// <summary><c>pushnode nodes</c>: lists the live nodes of a cluster.</summary>
internal static class NodesCommand
{
    public const string Epilogue = """
        It asks Redis, which it finds as a node does: by --redis, by Redis:Connection or Redis:ConnectionFile in the environment or in the
        file of --config. A node that has died is listed until its last heartbeat is as old as Redis:NodeLifetime (10 s).
        The last column says "stores" of the node whose journal is the cluster's store, "draining" of one on its way out, and "protocol N" of
        one that this version does not work with.

        Examples:
          pushnode nodes --redis 127.0.0.1:6379
          pushnode nodes --Redis:ConnectionFile /etc/pushnode/redis --Redis:Prefix live:
          pushnode nodes --json | jq 'map(.connections) | add'

        Exit codes: 0 the nodes are on stdout, if only none; 1 Redis cannot be reached: stderr says why; 2 wrong options or settings
        """;

    private static readonly TimeSpan ShortestPatience = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);
    private static readonly string[] Columns = ["ADDRESS", "ROLES", "CONNECTIONS", "VERSION", "HEARTBEAT", ""];

    public static Command Create(IReadOnlyDictionary<string, string?> settings)
    {
        var redis = CommonOptions.Redis();
        var config = CommonOptions.Config();
        var json = new Option<bool>("--json") { Description = "As a JSON array instead of a table" };
        var command = new Command("nodes", "Lists the live nodes of a cluster.") { redis, config, json };
        command.SetAction((parsed, cancellationToken) =>
        {
            var all = new Dictionary<string, string?>(settings, StringComparer.OrdinalIgnoreCase);
            CommonOptions.Set(all, "Redis:Connection", parsed.GetValue(redis));
            var options = SettingsRegistration.Bind<RedisOptions>(NodeConfiguration.Build(parsed.GetValue(config), all));
            return RunAsync(options, parsed.GetValue(json), cancellationToken);
        });
        return command;
    }

    private static async Task<int> RunAsync(RedisOptions options, bool asJson, CancellationToken cancellationToken)
    {
        await using var link = new RedisLink(options, TimeProvider.System, NullLogger<RedisLink>.Instance);
        try
        {
            await ConnectAsync(link, options, cancellationToken);
            IReadOnlyList<ListedNode> nodes = await new NodeDirectory(link, new RedisKeys(options)).ListAsync(cancellationToken);
            if (asJson)
                Console.Out.WriteLine(new JsonArray([.. nodes.Select(ToJson)]).ToJsonString());
            else if (nodes.Count > 0)
                PrintTable([Columns, .. nodes.Select(ToRow)]);
            else
                await Console.Error.WriteLineAsync($"No node is alive in the Redis at {link.Address} under the prefix {options.Prefix}");
            return ExitCodes.Success;
        }
        catch (RedisServerException e)
        {
            await Console.Error.WriteLineAsync($"pushnode: Redis at {link.Address} refuses what is asked of it: {PlainText.From(e.Message)}");
            return ExitCodes.Failure;
        }
        catch (RedisAwayException e)
        {
            await Console.Error.WriteLineAsync($"pushnode: Redis at {link.Address} cannot be used: {e.Message}");
            return ExitCodes.Failure;
        }
    }

    private static async Task ConnectAsync(RedisLink link, RedisOptions options, CancellationToken cancellationToken)
    {
        string? before = link.Trouble;
        link.Start();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(options.Timeout * 3 > ShortestPatience ? options.Timeout * 3 : ShortestPatience);
        try
        {
            // Until it is reached, or it is known why not.
            while (link.Trouble == before)
                await Task.Delay(Interval, patience.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // What it says of itself is that it has not been reached yet.
        }
    }

    private static string[] ToRow(ListedNode node) =>
    [
        PlainText.From(node.Address),
        PlainText.From(node.Record.Roles),
        node.Record.Connections.ToString(CultureInfo.InvariantCulture),
        PlainText.From(node.Record.Version),
        string.Create(CultureInfo.InvariantCulture, $"{node.Age.TotalSeconds:0.0} s ago"),
        string.Join(", ", MarksOf(node)),
    ];

    private static IEnumerable<string> MarksOf(ListedNode node)
    {
        if (node.Record.Stores)
            yield return "stores";
        if (node.Record.Draining)
            yield return "draining";
        if (!node.IsCompatible)
            yield return $"protocol {PlainText.From(node.Record.Protocol)}, this is {PeerProtocol.Version}";
    }

    private static JsonObject ToJson(ListedNode node) => new()
    {
        ["address"] = node.Address,
        ["incarnation"] = node.Record.Incarnation,
        ["roles"] = new JsonArray([.. CommonOptions.Split(node.Record.Roles).Select(static r => JsonValue.Create(r))]),
        ["connections"] = node.Record.Connections,
        ["version"] = node.Record.Version,
        ["protocol"] = node.Record.Protocol,
        ["heartbeatAge"] = Math.Round(node.Age.TotalSeconds, 3),
        ["stores"] = node.Record.Stores,
        ["draining"] = node.Record.Draining,
    };

    private static void PrintTable(IReadOnlyList<string[]> rows)
    {
        int[] widths = [.. Enumerable.Range(0, Columns.Length).Select(column => rows.Max(row => row[column].Length))];
        foreach (string[] row in rows)
            Console.Out.WriteLine(string.Join("  ", row.Select((text, column) => text.PadRight(widths[column]))).TrimEnd());
    }
}
