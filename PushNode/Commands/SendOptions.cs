using System.CommandLine;

namespace PushNode.Commands;

/// <summary>The options of <c>pushnode send</c>.</summary>
internal sealed class SendOptions
{
    public Argument<string?> Text { get; } = new("text") { Description = "What to send, as a text; - reads it from stdin", Arity = ArgumentArity.ZeroOrOne };

    public Option<string[]> Users { get; } = new("--user") { HelpName = "ID", Description = "A user; may be given several times" };

    public Option<string?> Topic { get; } = new("--topic") { HelpName = "NAME", Description = "The topic" };

    public Option<bool> All { get; } = new("--all") { Description = "Everybody who is connected, and whoever comes back" };

    public Option<string?> Json { get; } = new("--json") { HelpName = "JSON", Description = "What to send, as JSON; - reads it from stdin" };

    public Option<string?> Id { get; } = new("--id") { HelpName = "ID", Description = "The message's own id: sent again with the same one, it is not delivered twice" };

    public Option<TimeSpan?> Ttl { get; } = new("--ttl")
    {
        HelpName = "DURATION",
        Description = $"How long it is worth delivering: {Durations.Form} (default: as long as the node keeps messages)",
        CustomParser = static result => Durations.Parse(result),
    };

    public Option<bool> Ephemeral { get; } = new("--ephemeral") { Description = "Only to who is connected now; it is not stored" };

    public Option<string?> Event { get; } = new("--event") { HelpName = "NAME", Description = "A label that clients can switch on" };

    public Option<bool> Wait { get; } = new("--wait") { Description = "Wait until it has been written to the connections, and print how many they are" };

    public Option<string> Url { get; } = CommonOptions.Url("http", "The node");

    public Option<string?> Key { get; } = CommonOptions.Key();

    public Option<string?> KeyFile { get; } = CommonOptions.KeyFile();

    public void AddTo(Command command)
    {
        command.Add(Text);
        foreach (Option option in (Option[])[Users, Topic, All, Json, Id, Ttl, Ephemeral, Event, Wait, Url, Key, KeyFile])
            command.Add(option);
    }
}
