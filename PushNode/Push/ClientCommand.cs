using System.Text;
using PushNode.Diagnostics;
using PushNode.Messages;

namespace PushNode.Push;

/// <summary>One JSON frame of a client: <c>ack</c>, <c>subscribe</c>, <c>unsubscribe</c>, <c>auth</c> or <c>ping</c>.</summary>
internal readonly struct ClientCommand
{
    public CommandType Type { get; private init; }

    /// <summary>The channel of an <c>ack</c>; null for the user's own.</summary>
    public Channel? Channel { get; private init; }

    /// <summary>The seq of an <c>ack</c>.</summary>
    public long? Seq { get; private init; }

    /// <summary>The last seq that the client of a <c>subscribe</c> has; null when it does not say.</summary>
    public long? After { get; private init; }

    public string? Topic { get; private init; }

    public string? Token { get; private init; }

    /// <summary>Reads a frame; null when it is well, else what is wrong with it.</summary>
    public static string? TryParse(ReadOnlySpan<byte> text, out ClientCommand command)
    {
        command = default;
        var members = new JsonMembers(text);
        while (members.Read())
        {
            if (command.With(ref members, out command) is { } fault)
                return fault;
        }

        return members.Error is { } error ? $"the frame is refused: {error}" : command.FindFault();
    }

    // Each field read gives a command with it.
    private string? With(ref JsonMembers member, out ClientCommand changed)
    {
        if (member.Name.SequenceEqual("type"u8))
            return WithType(in member, out changed);
        if (member.Name.SequenceEqual("seq"u8))
            return WithSeq(in member, out changed);
        if (member.Name.SequenceEqual("after"u8))
            return WithAfter(in member, out changed);
        if (member.Name.SequenceEqual("channel"u8))
            return WithChannel(ref member, out changed);
        if (member.Name.SequenceEqual("topic"u8))
            return WithTopic(ref member, out changed);
        if (member.Name.SequenceEqual("token"u8))
            return WithToken(ref member, out changed);
        changed = this;
        return $"there is no field '{Quoted.Text(Encoding.UTF8.GetString(member.Name))}'; known are type, seq, after, channel, topic, token";
    }

    private string? WithType(in JsonMembers member, out ClientCommand changed)
    {
        changed = this with { Type = ReadType(in member) };
        return changed.Type == CommandType.None ? "type must be ack, subscribe, unsubscribe, auth or ping" : null;
    }

    private string? WithSeq(in JsonMembers member, out ClientCommand changed)
    {
        string? fault = ReadSeq(in member, out long seq);
        changed = this with { Seq = seq };
        return fault;
    }

    private string? WithAfter(in JsonMembers member, out ClientCommand changed)
    {
        string? fault = ReadSeq(in member, out long after);
        changed = this with { After = after };
        return fault;
    }

    private string? WithChannel(ref JsonMembers member, out ClientCommand changed)
    {
        Channel channel = default;
        bool valid = member.TryGetString(out string? name) && Messages.Channel.TryParse(name, out channel);
        changed = this with { Channel = channel };
        return valid ? null : "channel must be user:<id>, topic:<name> or all";
    }

    private string? WithTopic(ref JsonMembers member, out ClientCommand changed)
    {
        bool valid = member.TryGetString(out string? topic) && Names.IsWord(topic);
        changed = this with { Topic = topic };
        return valid ? null : $"topic must be {Names.WordRule}";
    }

    private string? WithToken(ref JsonMembers member, out ClientCommand changed)
    {
        bool valid = member.TryGetString(out string? token);
        changed = this with { Token = token };
        return valid ? null : "token must be a string";
    }

    private static string? ReadSeq(in JsonMembers member, out long seq) =>
        member.TryGetInteger(out seq) && seq is >= 0 and < Message.SeqEnd ? null : $"{Encoding.UTF8.GetString(member.Name)} must be a whole number from 0 to 2^53 - 1";

    private static CommandType ReadType(in JsonMembers member)
    {
        if (member.Is("ack"u8))
            return CommandType.Ack;
        if (member.Is("ping"u8))
            return CommandType.Ping;
        if (member.Is("subscribe"u8))
            return CommandType.Subscribe;
        if (member.Is("unsubscribe"u8))
            return CommandType.Unsubscribe;
        return member.Is("auth"u8) ? CommandType.Auth : CommandType.None;
    }

    private string? FindFault() => Type switch
    {
        CommandType.None => "type is missing: ack, subscribe, unsubscribe, auth or ping",
        _ when FindForeignField() is { } field => ForeignField(field),
        CommandType.Ack when Seq is null => "an ack needs seq",
        CommandType.Subscribe or CommandType.Unsubscribe when Topic is null => "topic is missing",
        CommandType.Auth when Token is null => "token is missing",
        _ => null,
    };

    // A field of another type of frame. Passing over it would do something else than the client means: an ack with a topic is not one of its own channel.
    private string? FindForeignField() => this switch
    {
        { Seq: not null, Type: not CommandType.Ack } => "seq",
        { Channel: not null, Type: not CommandType.Ack } => "channel",
        { After: not null, Type: not CommandType.Subscribe } => "after",
        { Topic: not null, Type: not (CommandType.Subscribe or CommandType.Unsubscribe) } => "topic",
        { Token: not null, Type: not CommandType.Auth } => "token",
        _ => null,
    };

    private string ForeignField(string field) => Type switch
    {
        CommandType.Ack => $"ack has no field '{field}'; known are type, seq, channel",
        CommandType.Subscribe => $"subscribe has no field '{field}'; known are type, topic, after",
        CommandType.Unsubscribe => $"unsubscribe has no field '{field}'; known are type, topic",
        CommandType.Auth => $"auth has no field '{field}'; known are type, token",
        _ => $"ping has no field '{field}'; known is type",
    };
}
