using System.Text.Json;

namespace PushNode.Commands;

/// <summary>A frame from the node, as far as a listener reads it.</summary>
internal sealed class ServerFrame
{
    private readonly JsonElement root;

    private ServerFrame(string json, JsonElement root, string type)
    {
        Json = json;
        this.root = root;
        Type = type;
    }

    /// <summary>The frame as it came.</summary>
    public string Json { get; }

    public string Type { get; }

    public long? Seq => Number("seq");

    /// <summary>The message's data as it came; null when the frame has none.</summary>
    public string? Data => root.TryGetProperty("data", out JsonElement data) ? data.GetRawText() : null;

    /// <summary>Null when the text is no JSON object with a type.</summary>
    public static ServerFrame? Parse(ReadOnlyMemory<byte> utf8)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(utf8);
            JsonElement root = document.RootElement.Clone();
            string? type = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("type", out JsonElement t) && t.ValueKind == JsonValueKind.String ? t.GetString() : null;
            return type is null ? null : new ServerFrame(root.GetRawText(), root, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>A member's text; null when it is missing or is none.</summary>
    public string? Text(string name) => root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>A member's whole number; null when it is missing or is none.</summary>
    public long? Number(string name) =>
        root.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) ? number : null;
}
