using System.Text.Json;
using Microsoft.Net.Http.Headers;

namespace PushNode.Diagnostics;

/// <summary>Reads a small JSON object from a request, strictly: an unknown or doubled field and a body above the limit are refused.</summary>
internal static class JsonBody
{
    private const string Json = "application/json";
    private const string CurlDefault = "application/x-www-form-urlencoded";

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>The object, or why it is refused (400, 413, 415). No content type and curl's default count as JSON, so that the shortest try-out works.</summary>
    /// <param name="context">The request.</param>
    /// <param name="maxBytes">The largest body taken.</param>
    /// <param name="fields">The fields it may have.</param>
    public static async Task<(JsonElement Body, Problem? Refusal)> ReadAsync(HttpContext context, int maxBytes, params string[] fields)
    {
        if (!IsJson(context.Request.ContentType))
            return (default, Problem.UnsupportedMediaType($"the body must be JSON ({Json})"));
        byte[] body = new byte[maxBytes + 1];
        int length = await context.Request.Body.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, context.RequestAborted);
        return length > maxBytes ? (default, Problem.TooLarge($"the body is larger than {maxBytes} bytes")) : Parse(body.AsMemory(0, length), fields);
    }

    /// <summary>A field that must be there and be a text; null, with the problem, when it is not.</summary>
    public static string? ReadText(JsonElement body, string field, out Problem? refusal)
    {
        if (!body.TryGetProperty(field, out JsonElement value))
            refusal = Problem.BadRequest("missing_field", $"the field {field} is missing");
        else if (value.ValueKind != JsonValueKind.String)
            refusal = Problem.BadRequest("bad_field", $"the field {field} must be a text");
        else
            refusal = null;
        return refusal is null ? value.GetString() : null;
    }

    private static (JsonElement Body, Problem? Refusal) Parse(ReadOnlyMemory<byte> text, string[] fields)
    {
        JsonElement body;
        try
        {
            using JsonDocument document = JsonDocument.Parse(text, Strict);
            body = document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            return (default, Problem.BadRequest("malformed", $"the body is not JSON: {e.Message}"));
        }

        if (body.ValueKind != JsonValueKind.Object)
            return (default, Problem.BadRequest("bad_json", $"the body must be an object with {string.Join(" and ", fields)}"));
        foreach (JsonProperty field in body.EnumerateObject())
        {
            if (!fields.Contains(field.Name))
                return (default, Problem.BadRequest("unknown_field", $"there is no field '{field.Name}'; known are {string.Join(" and ", fields)}"));
        }

        return (body, null);
    }

    private static bool IsJson(string? contentType) =>
        string.IsNullOrEmpty(contentType)
        || (MediaTypeHeaderValue.TryParse(contentType, out MediaTypeHeaderValue? type)
            && (type.MediaType.Equals(Json, StringComparison.OrdinalIgnoreCase) || type.MediaType.Equals(CurlDefault, StringComparison.OrdinalIgnoreCase)));
}
