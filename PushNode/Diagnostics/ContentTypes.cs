using System.Text;
using Microsoft.Net.Http.Headers;

namespace PushNode.Diagnostics;

/// <summary>Which content types are taken. What curl sends by itself is: the first try should work.</summary>
internal static class ContentTypes
{
    public const string Json = "application/json";
    public const string NdJson = "application/x-ndjson";
    private const string ShortNdJson = "application/ndjson";
    private const string CurlDefault = "application/x-www-form-urlencoded";

    /// <summary>A refusal (415) of what is not one JSON text.</summary>
    public static Problem? CheckJson(HttpRequest request) => Check(request, [Json, CurlDefault], Json);

    /// <summary>A refusal (415) of what is not lines of JSON.</summary>
    public static Problem? CheckNdJson(HttpRequest request) => Check(request, [NdJson, ShortNdJson, Json, CurlDefault], $"{NdJson}, {ShortNdJson} or {Json}");

    /// <summary>Whether a request's content type is one that <see cref="CheckJson"/> takes, in one of the ways in which nearly all programs write it.</summary>
    public static bool IsUsualJson(ReadOnlySpan<byte> type) =>
        type.IsEmpty || Ascii.EqualsIgnoreCase(type, Json) || Ascii.EqualsIgnoreCase(type, $"{Json}; charset=utf-8") || Ascii.EqualsIgnoreCase(type, CurlDefault);

    private static Problem? Check(HttpRequest request, ReadOnlySpan<string> accepted, string rule)
    {
        if (request.Headers.ContentEncoding is { Count: > 0 } encoding && !encoding.ToString().Equals("identity", StringComparison.OrdinalIgnoreCase))
            return Problem.UnsupportedMediaType("no Content-Encoding is understood here; send the body as it is");
        if (string.IsNullOrEmpty(request.ContentType) || accepted.Contains(request.ContentType))
            return null;
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? type))
            return Unknown(rule);
        if (type.Charset.HasValue && !HeaderUtilities.RemoveQuotes(type.Charset).Equals("utf-8", StringComparison.OrdinalIgnoreCase))
            return Problem.UnsupportedMediaType("the charset must be utf-8, or left out");

        foreach (string one in accepted)
        {
            if (type.MediaType.Equals(one, StringComparison.OrdinalIgnoreCase))
                return null;
        }

        return Unknown(rule);
    }

    private static Problem Unknown(string rule) => Problem.UnsupportedMediaType($"the content type must be {rule}, or left out");
}
