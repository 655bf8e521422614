using System.Text.Json;
using PushNode.Messages;

namespace PushNode.Push;

/// <summary>One JSON frame of a client: <c>ack</c>, <c>subscribe</c>, <c>unsubscribe</c>, <c>auth</c> or <c>ping</c>.</summary>
internal readonly struct ClientCommand
{
    public CommandType Type { get; private init; }

    /// <summary>The channel of an <c>ack</c>; null for the user's own.</summary>
    public Channel? Channel { get; private init; }

    /// <summary>The seq of an <c>ack</c>, or the <c>after</c> of a <c>subscribe</c>; null when it is not given.</summary>
    public long? Seq { get; private init; }

    public string? Topic { get; private init; }

    public string? Token { get; private init; }

    /// <summary>Reads a frame; null when it is well, else what is wrong with it.</summary>
    public static string? TryParse(ReadOnlySpan<byte> text, out ClientCommand command)
    {
        command = default;
        try
        {
            var json = new Utf8JsonReader(text);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
                return "a frame is a JSON object";
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                string name = json.GetString()!;
                json.Read();
                if (command.With(name, ref json, out command) is { } fault)
                    return fault;
            }

            return json.Read() ? "there is something behind the JSON object" : command.FindFault();
        }
        catch (JsonException e)
        {
            return $"the JSON is malformed at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}";
        }
        catch (InvalidOperationException)
        {
            return "a string is not valid UTF-8, or a half of a surrogate pair stands alone";
        }
    }

    // Each field read gives a command with it.
    private string? With(string name, ref Utf8JsonReader json, out ClientCommand changed)
    {
        changed = this;
        switch (name)
        {
            case "type":
                changed = this with { Type = ReadType(ref json) };
                return changed.Type == CommandType.None ? "type must be ack, subscribe, unsubscribe, auth or ping" : null;
            case "seq" or "after":
                if (json.TokenType != JsonTokenType.Number || !json.TryGetInt64(out long seq) || seq is < 0 or >= 1L << 53)
                    return $"{name} must be a whole number from 0 to 2^53 - 1";
                changed = this with { Seq = seq };
                return null;
            case "channel":
                if (json.TokenType != JsonTokenType.String || !Messages.Channel.TryParse(json.GetString(), out Channel channel))
                    return "channel must be user:<id>, topic:<name> or all";
                changed = this with { Channel = channel };
                return null;
            case "topic":
                if (json.TokenType != JsonTokenType.String || !Names.IsWord(json.GetString()))
                    return $"topic must be {Names.WordRule}";
                changed = this with { Topic = json.GetString() };
                return null;
            case "token":
                if (json.TokenType != JsonTokenType.String)
                    return "token must be a string";
                changed = this with { Token = json.GetString() };
                return null;
            default:
                return $"there is no field {(Names.IsId(name) ? name : "of that name")}; known are type, seq, after, channel, topic, token";
        }
    }

    private static CommandType ReadType(ref Utf8JsonReader json)
    {
        if (json.TokenType != JsonTokenType.String)
            return CommandType.None;
        if (json.ValueTextEquals("ack"u8))
            return CommandType.Ack;
        if (json.ValueTextEquals("ping"u8))
            return CommandType.Ping;
        if (json.ValueTextEquals("subscribe"u8))
            return CommandType.Subscribe;
        if (json.ValueTextEquals("unsubscribe"u8))
            return CommandType.Unsubscribe;
        return json.ValueTextEquals("auth"u8) ? CommandType.Auth : CommandType.None;
    }

    private string? FindFault() => Type switch
    {
        CommandType.None => "type is missing: ack, subscribe, unsubscribe, auth or ping",
        CommandType.Ack when Seq is null => "an ack needs seq",
        CommandType.Subscribe or CommandType.Unsubscribe when Topic is null => "topic is missing",
        CommandType.Auth when Token is null => "token is missing",
        _ => null,
    };
}
