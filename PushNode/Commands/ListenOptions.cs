using System.CommandLine;
using System.CommandLine.Parsing;
using PushNode.Messages;

namespace PushNode.Commands;

/// <summary>The options of <c>pushnode listen</c>.</summary>
internal sealed class ListenOptions
{
    public Option<string?> User { get; } = new("--user") { HelpName = "ID", Description = "The user to connect as, with a token signed by the key of --data or of the settings" };

    public Option<string?> Token { get; } = new("--token") { HelpName = "TOKEN", Description = "The token to connect with (see --token-file)" };

    public Option<string?> TokenFile { get; } = new("--token-file") { HelpName = "FILE", Description = "A file that holds the token, which keeps it out of the process list" };

    public Option<string> Url { get; } = CommonOptions.Url("ws", "The node");

    public Option<string> Device { get; } = new("--device")
    {
        HelpName = "NAME",
        Description = "The name under which the node remembers how far this listener is",
        DefaultValueFactory = static _ => "cli",
    };

    public Option<long?> After { get; } = new("--after")
    {
        HelpName = "SEQ",
        Description = "Start with the user's messages after this seq; 0 is from the oldest kept (default: where the device was)",
        CustomParser = static result => ParseSeq(result),
    };

    public Option<string?> Topics { get; } = new("--topics") { HelpName = "LIST", Description = "Topics to subscribe to, separated by commas; news:7 starts after message 7" };

    public Option<bool> Json { get; } = new("--json") { Description = "Print each message as the JSON it came as" };

    public Option<string?> Data { get; } = CommonOptions.Data();

    public Option<string?> Config { get; } = CommonOptions.Config();

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[User, Token, TokenFile, Url, Device, After, Topics, Json, Data, Config])
            command.Add(option);
    }

    private static long ParseSeq(ArgumentResult result)
    {
        string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        if (!Message.TryParseSeq(text, out long seq))
            result.AddError($"--after is '{text}': {ListenPosition.SeqRule}");
        return seq;
    }
}
