using System.CommandLine;
using System.Text;
using System.Text.Json;
using PushNode.Collect;
using PushNode.Settings;

namespace PushNode.Commands;

/// <summary>The body that is posted to <c>/collect</c>.</summary>
internal static class SendBody
{
    private const string Stdin = "-";

    /// <exception cref="SettingsException">No target or several, nothing to send or two things, or JSON that is none.</exception>
    public static async Task<byte[]> WriteAsync(SendOptions options, ParseResult parsed, TextReader input, CancellationToken cancellationToken)
    {
        string[] users = parsed.GetValue(options.Users) ?? [];
        string? topic = parsed.GetValue(options.Topic);
        bool all = parsed.GetValue(options.All);
        if ((users.Length > 0 ? 1 : 0) + (topic is null ? 0 : 1) + (all ? 1 : 0) != 1)
            throw new SettingsException("send", null, "needs exactly one target: --user (once or several times), --topic or --all");
        string? data = await ReadJsonAsync(parsed.GetValue(options.Text), parsed.GetValue(options.Json), input, cancellationToken);

        using var buffer = new MemoryStream();
        await using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (all)
                json.WriteBoolean("broadcast", true);
            WriteText(json, "topic", topic);
            WriteUsers(json, users);
            WriteText(json, "id", parsed.GetValue(options.Id));
            WriteText(json, "event", parsed.GetValue(options.Event));
            if (parsed.GetValue(options.Ttl) is { } ttl)
                json.WriteNumber("ttl", (long)ttl.TotalSeconds);
            if (parsed.GetValue(options.Ephemeral))
                json.WriteBoolean("ephemeral", true);
            json.WritePropertyName("data");
            json.WriteRawValue(data);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static async Task<string> ReadJsonAsync(string? text, string? json, TextReader input, CancellationToken cancellationToken)
    {
        if ((text is null) == (json is null))
            throw new SettingsException("send", null, text is null ? "needs something to send: a text, or --json" : "takes a text or --json, not both");
        if (text is not null)
            return JsonSerializer.Serialize(new { text = text == Stdin ? (await input.ReadToEndAsync(cancellationToken)).TrimEnd('\r', '\n') : text });

        string value = json == Stdin ? await input.ReadToEndAsync(cancellationToken) : json!;
        try
        {
            if (MeasureDepth(value) > CollectSettings.MaxDataDepth)
                throw new SettingsException("--json", null, $"is nested more than {CollectSettings.MaxDataDepth} deep, which no node takes; send what is deeper as a string");
            return value;
        }
        catch (JsonException e)
        {
            throw new SettingsException("--json", json == Stdin ? null : json, $"{(json == Stdin ? "is not" : "it is not")} JSON: {e.Message}");
        }
    }

    // How deep it is nested, [] being 1. A parser with a limit would say that what is deeper is no JSON.
    private static int MeasureDepth(string json)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json), new JsonReaderOptions { MaxDepth = int.MaxValue });
        int depth = 0;
        while (reader.Read())
            depth = Math.Max(depth, reader.CurrentDepth + (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray ? 1 : 0));
        return depth;
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
            json.WriteString(name, value);
    }

    private static void WriteUsers(Utf8JsonWriter json, string[] users)
    {
        if (users.Length == 1)
            json.WriteString("userId", users[0]);
        if (users.Length < 2)
            return;
        json.WriteStartArray("userIds");
        foreach (string user in users)
            json.WriteStringValue(user);
        json.WriteEndArray();
    }
}
