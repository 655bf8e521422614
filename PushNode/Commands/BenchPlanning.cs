using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using PushNode.Auth;
using PushNode.Bench;
using PushNode.Settings;

namespace PushNode.Commands;

/// <summary>Makes a plan of the options of <c>pushnode bench</c>, and finds out before the start what would stand in its way.</summary>
internal static class BenchPlanning
{
    // Of this process beside the connections: libraries, the runtime's own.
    private const int OtherFiles = 200;
    private const int DefaultInFlight = 4;
    private const int DefaultProducers = 32;
    private const int DefaultStreams = 2;
    private const int MostInFlight = 1000;

    private static readonly TimeSpan TokenLifetime = TimeSpan.FromDays(1);

    /// <exception cref="SettingsException">An option is wrong, or the machine does not allow as much.</exception>
    public static async Task<BenchPlan> CreateAsync(BenchOptions options, ParseResult parsed, IReadOnlyDictionary<string, string?> settings, CancellationToken cancellationToken)
    {
        Uri node = WebAddress.Parse(parsed.GetRequiredValue(options.Url), isWebSocket: false);
        if (node.Scheme != Uri.UriSchemeHttp)
            throw new SettingsException("--url", node.ToString(), "it measures over plain HTTP only: name an http address of the node, behind whatever ends the TLS");
        Check(options, parsed);

        int connections = parsed.GetValue(options.Connections);
        int users = parsed.GetValue(options.Users) ?? connections;
        int? batch = parsed.GetValue(options.Batch);
        int producers = parsed.GetValue(options.Producers) ?? (batch is null ? DefaultProducers : DefaultStreams);
        BenchTarget to = TargetOf(parsed.GetRequiredValue(options.To));
        double? rate = parsed.GetValue(options.Rate);
        string run = Path.GetRandomFileName()[..8];
        IPEndPoint endPoint = await ResolveAsync(node, cancellationToken);
        IReadOnlyList<int> processes = ProcessesOf(parsed.GetValue(options.Pid), endPoint);
        CheckOpenFiles(connections, producers, processes);

        IConfiguration configuration = CommonOptions.Configuration(settings, parsed.GetValue(options.Config), parsed.GetValue(options.Data));
        TokenSigner signer = TokenCommand.Signer(configuration);
        string[] topics = to == BenchTarget.Topic ? [BenchPlan.TopicOf(run)] : [];
        return new BenchPlan
        {
            Node = node,
            EndPoint = endPoint,
            Connections = connections,
            Users = users,
            To = to,
            Rate = rate,
            Producers = producers,
            Batch = batch,
            Size = parsed.GetValue(options.Size),
            Warmup = parsed.GetValue(options.Warmup),
            Duration = parsed.GetValue(options.Duration),
            InFlight = to == BenchTarget.Users || rate is not null ? null : parsed.GetValue(options.InFlight) ?? DefaultInFlight,
            Acknowledges = parsed.GetRequiredValue(options.Ack) == "manual",
            IsIdle = parsed.GetValue(options.Idle),
            ConnectRate = parsed.GetValue(options.ConnectRate),
            Key = Secrets.Read("--key", parsed.GetValue(options.Key), "--key-file", parsed.GetValue(options.KeyFile)),
            Processes = processes,
            Tokens = [.. Enumerable.Range(0, users).Select(user => signer.Sign(BenchPlan.UserOf(run, user), TokenLifetime, topics))],
            Run = run,
        };
    }

    private static void Check(BenchOptions options, ParseResult parsed)
    {
        int connections = parsed.GetValue(options.Connections);
        List<SettingError> errors =
        [
            .. SettingError.Range("--connections", connections, 1, 1_000_000),
            .. SettingError.Range("--users", parsed.GetValue(options.Users) ?? connections, 1, Math.Max(1, connections)),
            .. SettingError.Range("--connect-rate", parsed.GetValue(options.ConnectRate) ?? 1, 0.001, 1_000_000),
            .. SettingError.Range("--rate", parsed.GetValue(options.Rate) ?? 1, 0.001, 10_000_000),
            .. SettingError.Range("--in-flight", parsed.GetValue(options.InFlight) ?? 1, 1, MostInFlight),
            .. SettingError.Range("--producers", parsed.GetValue(options.Producers) ?? 1, 1, 10_000),
            .. SettingError.Range("--batch", parsed.GetValue(options.Batch) ?? 1, 1, 100_000),
            .. SettingError.Range("--size", parsed.GetValue(options.Size), MessageWriter.MinSize, 16 * 1024 * 1024),
        ];
        BenchTarget to = TargetOf(parsed.GetRequiredValue(options.To));
        string ack = parsed.GetRequiredValue(options.Ack);
        if (ack is not ("auto" or "manual"))
            errors.Add(new SettingError("--ack", ack, "it must be auto or manual"));
        if (parsed.GetValue(options.InFlight) is not null && (to == BenchTarget.Users || parsed.GetValue(options.Rate) is not null))
            errors.Add(new SettingError("--in-flight", null, "goes with --to topic or all, and without --rate"));
        Option[] sending = [options.Rate, options.InFlight, options.Producers, options.Batch];
        if (parsed.GetValue(options.Idle) && sending.FirstOrDefault(o => parsed.GetResult(o) is { Implicit: false }) is { } other)
            errors.Add(new SettingError("--idle", null, $"sends nothing: leave {other.Name} out"));
        if (errors.Count > 0)
            throw new SettingsException(errors);
    }

    private static BenchTarget TargetOf(string text) => text switch
    {
        "users" => BenchTarget.Users,
        "topic" => BenchTarget.Topic,
        "all" => BenchTarget.All,
        _ => throw new SettingsException("--to", text, "it must be users, topic or all"),
    };

    private static async Task<IPEndPoint> ResolveAsync(Uri node, CancellationToken cancellationToken)
    {
        try
        {
            IPAddress[] addresses = await Dns.GetHostAddressesAsync(node.DnsSafeHost, cancellationToken);
            // Of the loopback's, the IPv4 one has more addresses to connect from.
            IPAddress address = addresses.FirstOrDefault(static a => a.AddressFamily == AddressFamily.InterNetwork) ?? addresses[0];
            return new IPEndPoint(address, node.Port);
        }
        catch (SocketException e)
        {
            throw new SettingsException("--url", node.ToString(), $"its host is not known: {e.Message}");
        }
    }

    private static IReadOnlyList<int> ProcessesOf(string? list, IPEndPoint endPoint)
    {
        if (list is null)
            return IPAddress.IsLoopback(endPoint.Address) && LocalProcesses.FindListener(endPoint.Port) is { } found ? [found] : [];
        return [.. CommonOptions.Split(list).Select(text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int id) && id > 0
            ? id
            : throw new SettingsException("--pid", list, "it must be the ids of processes, separated by commas"))];
    }

    private static void CheckOpenFiles(int connections, int producers, IReadOnlyList<int> processes)
    {
        long needed = connections + producers + OtherFiles;
        if (LocalProcesses.OpenFileLimit("self") is { } own && own < needed)
            throw TooFew($"this process may open {own:N0} files", $"run 'ulimit -n {needed}' before, in the same shell (raise the hard limit if that is refused)");
        foreach (int process in processes)
        {
            if (processes.Count == 1 && LocalProcesses.OpenFileLimit($"{process}") is { } theirs && theirs < needed)
                throw TooFew($"the node (process {process}) may open {theirs:N0} files", $"start it with a limit (ulimit -n, LimitNOFILE=) of {needed} or more");
        }

        SettingsException TooFew(FormattableString who, FormattableString remedy) => new(
            "--connections",
            connections.ToString(CultureInfo.InvariantCulture),
            string.Create(CultureInfo.InvariantCulture, $"{who.ToString(CultureInfo.InvariantCulture)}, and that many need {needed:N0}: {remedy.ToString(CultureInfo.InvariantCulture)}, or ask for fewer"));
    }
}
