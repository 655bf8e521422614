using System.CommandLine;
using PushNode.Messages;
using PushNode.Settings;

namespace PushNode.Commands;

/// <summary><c>pushnode listen</c>: connects as a user and prints each message.</summary>
internal static class ListenCommand
{
    public const string Epilogue = """
        One line on stdout per message: time, channel, seq, event, data ("-" where there is none); with --json the message as it came.
        Everything else goes to stderr. Each message is acknowledged once it is printed; when the connection ends, it connects again and
        goes on where it was, so nothing is missed and nothing printed twice. With --user it signs its own token, as 'pushnode token' does.

        Examples:
          pushnode listen --user alice
          pushnode listen --user alice --topics news,fx:120 --json
          pushnode listen --token-file token.txt --url wss://push.example.com --device laptop --after 0

        Exit codes: 0 stopped with Ctrl-C; 1 the node refused for good, or nobody reads stdout; 2 wrong options or settings
        """;

    private static readonly TimeSpan OwnTokenLifetime = TimeSpan.FromDays(1);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan MaxRetry = TimeSpan.FromSeconds(30);

    public static Command Create(IReadOnlyDictionary<string, string?> settings)
    {
        var options = new ListenOptions();
        var command = new Command("listen", "Connects as a user and prints each message as it comes.");
        options.AddTo(command);
        command.SetAction((parsed, cancellationToken) => RunAsync(options, parsed, settings, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ListenOptions options, ParseResult parsed, IReadOnlyDictionary<string, string?> settings, CancellationToken cancellationToken)
    {
        string[] topics = CheckTopics(CommonOptions.Split(parsed.GetValue(options.Topics)));
        var position = new ListenPosition(parsed.GetValue(options.After), topics);
        ListenTarget target = CreateTarget(options, parsed, settings, [.. topics.Select(static t => t.Split(':')[0])]);
        await using TextWriter output = StandardOutput.Open();
        var printer = new MessagePrinter(output, parsed.GetValue(options.Json));
        try
        {
            return await new Listener(target, position, printer, Console.Error, new Backoff(FirstRetry, MaxRetry)).RunAsync(cancellationToken);
        }
        catch (IOException e)
        {
            await Console.Error.WriteLineAsync($"pushnode: the output cannot be written: {e.Message}");
            return ExitCodes.Failure;
        }
    }

    private static ListenTarget CreateTarget(ListenOptions options, ParseResult parsed, IReadOnlyDictionary<string, string?> settings, string[] topics)
    {
        Uri node = WebAddress.Parse(parsed.GetRequiredValue(options.Url), isWebSocket: true);
        string device = parsed.GetRequiredValue(options.Device);
        if (!Names.IsWord(device))
            throw new SettingsException("--device", device, $"a device is {Names.WordRule}");

        string? user = parsed.GetValue(options.User);
        string? token = Secrets.Read("--token", parsed.GetValue(options.Token), "--token-file", parsed.GetValue(options.TokenFile));
        if ((user is null) == (token is null))
            throw new SettingsException("listen", null, user is null ? "needs --user, or --token or --token-file" : "takes --user or a token, not both");
        if (token is not null)
        {
            CommonOptions.RefuseSettings(settings);
            if ((parsed.GetValue(options.Data) ?? parsed.GetValue(options.Config)) is not null)
                throw new SettingsException("--data", null, "and --config say what to sign a token with, and one is given: leave them out, or use --user");
            return new ListenTarget(node, () => token, null, device);
        }

        IConfiguration configuration = CommonOptions.Configuration(settings, parsed.GetValue(options.Config), parsed.GetValue(options.Data));
        return new ListenTarget(node, () => TokenCommand.Sign(configuration, user!, OwnTokenLifetime, topics), OwnTokenLifetime, device);
    }

    private static string[] CheckTopics(string[] topics)
    {
        foreach (string topic in topics)
        {
            string[] parts = topic.Split(':');
            if (parts.Length > 2 || !Names.IsWord(parts[0]) || (parts.Length == 2 && !Message.TryParseSeq(parts[1], out _)))
                throw new SettingsException("--topics", topic, $"a topic is {Names.WordRule}, with a seq if it is to start after it (news:7); {ListenPosition.SeqRule}");
        }

        string? twice = topics.Select(static t => t.Split(':')[0]).GroupBy(static t => t).FirstOrDefault(static g => g.Count() > 1)?.Key;
        return twice is null ? topics : throw new SettingsException("--topics", string.Join(',', topics), $"{twice} is there twice");
    }
}
