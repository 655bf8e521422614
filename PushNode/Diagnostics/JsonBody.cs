using System.Text.Json;
using Microsoft.Net.Http.Headers;

namespace PushNode.Diagnostics;

/// <summary>Reads a small JSON object from a request, strictly: unknown and missing fields, a wrong type and a body above the limit are refused.</summary>
internal static class JsonBody
{
    private const string Json = "application/json";
    private const string CurlDefault = "application/x-www-form-urlencoded";

    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Strict) { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>The object, or why it is refused (400, 413, 415). No content type and curl's default count as JSON, so that the shortest try-out works.</summary>
    public static async Task<(T? Value, Problem? Refusal)> ReadAsync<T>(HttpContext context, int maxBytes)
        where T : class
    {
        if (!IsJson(context.Request.ContentType))
            return (null, Problem.UnsupportedMediaType($"the body must be JSON ({Json})"));
        byte[] body = new byte[maxBytes + 1];
        int length = await context.Request.Body.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, context.RequestAborted);
        return length > maxBytes ? (null, Problem.TooLarge($"the body is larger than {maxBytes} bytes")) : Parse<T>(body.AsSpan(0, length));
    }

    private static (T? Value, Problem? Refusal) Parse<T>(ReadOnlySpan<byte> body)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize<T>(body, Strict) is { } value ? (value, null) : (null, Problem.BadRequest("bad_json", "the body must be a JSON object, not null"));
        }
        catch (JsonException e)
        {
            return (null, Problem.BadRequest("bad_json", $"the body is not as it should be: {e.Message}"));
        }
    }

    private static bool IsJson(string? contentType) =>
        string.IsNullOrEmpty(contentType)
        || (MediaTypeHeaderValue.TryParse(contentType, out MediaTypeHeaderValue? type)
            && (type.MediaType.Equals(Json, StringComparison.OrdinalIgnoreCase) || type.MediaType.Equals(CurlDefault, StringComparison.OrdinalIgnoreCase)));
}
