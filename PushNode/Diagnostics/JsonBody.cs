using System.Buffers;
using System.Text;
using System.Text.Json;

namespace PushNode.Diagnostics;

/// <summary>Reads a small JSON object from a request, strictly: see <see cref="JsonMembers"/>; an unknown field and a body above the limit are refused too.</summary>
internal static class JsonBody
{
    /// <summary>The object, or why it is refused (400, 413, 415). The endpoint has no query parameters.</summary>
    /// <param name="context">The request.</param>
    /// <param name="maxBytes">The largest body taken.</param>
    /// <param name="fields">The fields it may have.</param>
    public static async Task<(JsonElement Body, Problem? Refusal)> ReadAsync(HttpContext context, int maxBytes, params string[] fields)
    {
        if ((QueryParameters.FindUnknown(context.Request) ?? ContentTypes.CheckJson(context.Request)) is { } unread)
            return (default, unread);
        if (await RequestBody.ReadAsync(context, maxBytes) is not { } body)
            return (default, Problem.TooLarge($"the body is larger than {maxBytes} bytes"));
        (JsonElement Body, Problem? Refusal) read = Parse(body.IsSingleSegment ? body.First : body.ToArray(), fields);
        context.Request.BodyReader.AdvanceTo(body.End);
        return read;
    }

    /// <summary>A field that must be there and be a text; null, with the problem, when it is not.</summary>
    public static string? ReadText(JsonElement body, string field, out Problem? refusal)
    {
        refusal = null;
        if (!body.TryGetProperty(field, out JsonElement value))
            refusal = Problem.BadRequest("missing_field", $"the field {field} is missing");
        else if (TextOf(value) is { } text)
            return text;
        else
            refusal = Problem.BadRequest("wrong_type", $"{field} must be a string");
        return null;
    }

    /// <summary>A field that, when it is there, must be an array of texts; null, with the problem, when it is something else.</summary>
    public static string[]? ReadTexts(JsonElement body, string field, out Problem? refusal)
    {
        refusal = null;
        if (!body.TryGetProperty(field, out JsonElement list))
            return [];
        string?[] texts = list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray().Select(TextOf)] : [null];
        if (Array.TrueForAll(texts, static t => t is not null))
            return texts!;
        refusal = Problem.BadRequest("wrong_type", $"{field} must be an array of strings");
        return null;
    }

    private static (JsonElement Body, Problem? Refusal) Parse(ReadOnlyMemory<byte> text, string[] fields)
    {
        if (FindFault(text.Span, fields) is { } refusal)
            return (default, refusal);
        using JsonDocument document = JsonDocument.Parse(text);
        return (document.RootElement.Clone(), null);
    }

    private static Problem? FindFault(ReadOnlySpan<byte> text, string[] fields)
    {
        var members = new JsonMembers(text);
        while (members.Read())
        {
            string name = Encoding.UTF8.GetString(members.Name);
            if (!fields.Contains(name))
                return Problem.BadRequest("unknown_field", $"there is no field '{Quoted.Text(name)}' here; known: {string.Join(", ", fields)}");
        }

        return members.Error is null ? null : Problem.BadRequest(members.HasDuplicate ? "duplicate_field" : "malformed", $"the body is refused: {members.Error}");
    }

    private static string? TextOf(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair, written as an escape: no text.
            return null;
        }
    }
}
