using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace PushNode.Diagnostics;

/// <summary>A refusal over HTTP: <c>application/problem+json</c> (RFC 9457).</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Code">A short name a program can switch on, such as <c>too_large</c>.</param>
/// <param name="Detail">What was wrong, for a person: which field, which limit, where.</param>
/// <param name="RetryAfter">Seconds after which it is worth trying again; 0 for none.</param>
internal sealed record Problem(int Status, string Code, string Detail, int RetryAfter = 0)
{
    /// <summary>The content type of a problem.</summary>
    public const string ContentType = "application/problem+json";

    // Never inside HTML: a quote need not be escaped as \u0022.
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The nodes that did not answer, where that is the trouble.</summary>
    public IReadOnlyList<string> Unanswered { get; init; } = [];

    public static Problem BadRequest(string code, string detail) => new(StatusCodes.Status400BadRequest, code, detail);

    public static Problem Unauthorized(string detail) => new(StatusCodes.Status401Unauthorized, "unauthorized", detail);

    public static Problem Forbidden(string code, string detail) => new(StatusCodes.Status403Forbidden, code, detail);

    public static Problem NotFound(string detail) => new(StatusCodes.Status404NotFound, "not_found", detail);

    public static Problem TooLarge(string detail) => new(StatusCodes.Status413PayloadTooLarge, "too_large", detail);

    public static Problem UnsupportedMediaType(string detail) => new(StatusCodes.Status415UnsupportedMediaType, "unsupported_media_type", detail);

    public static Problem TooManyRequests(string code, string detail, int retryAfter) => new(StatusCodes.Status429TooManyRequests, code, detail, retryAfter);

    public static Problem Unavailable(string detail, int retryAfter = 1) => new(StatusCodes.Status503ServiceUnavailable, "unavailable", detail, retryAfter);

    /// <summary>Answers the request with this problem; nothing may have been written before.</summary>
    public async Task WriteAsync(HttpContext context)
    {
        HttpResponse response = context.Response;
        response.StatusCode = Status;
        response.ContentType = ContentType;
        if (RetryAfter > 0)
            response.Headers.RetryAfter = RetryAfter.ToString(CultureInfo.InvariantCulture);
        if (Status == StatusCodes.Status401Unauthorized)
            response.Headers.WWWAuthenticate = "Bearer";
        await using var json = new Utf8JsonWriter(response.BodyWriter, Readable);
        WriteTo(json);
        await json.FlushAsync(context.RequestAborted);
    }

    /// <summary>The body of the answer.</summary>
    public byte[] ToBytes()
    {
        var body = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(body, Readable))
            WriteTo(json);
        return body.WrittenSpan.ToArray();
    }

    /// <summary>Writes the nodes that did not answer into an object, if there are any: in a problem as in an answer that is not whole.</summary>
    public static void WriteUnanswered(Utf8JsonWriter json, IReadOnlyList<string> nodes)
    {
        if (nodes.Count == 0)
            return;
        json.WriteStartArray("unanswered");
        foreach (string node in nodes)
            json.WriteStringValue(node);
        json.WriteEndArray();
    }

    /// <summary>Writes it as a JSON object.</summary>
    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("title", Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(Status));
        json.WriteNumber("status", Status);
        json.WriteString("code", Code);
        json.WriteString("detail", Detail);
        WriteUnanswered(json, Unanswered);
        json.WriteEndObject();
    }
}
