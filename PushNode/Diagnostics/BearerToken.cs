namespace PushNode.Diagnostics;

/// <summary>The token of a request's <c>Authorization</c> header (RFC 6750 section 2.1).</summary>
internal static class BearerToken
{
    private const string Scheme = "Bearer ";

    /// <summary>Null when there is no such header, one of another scheme, or more than one.</summary>
    public static string? Find(HttpRequest request) => request.Headers.Authorization is [{ } header] ? Of(header) : null;

    /// <summary>The token of one header; null when it is of another scheme.</summary>
    public static string? Of(string header) => header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? header[Scheme.Length..].Trim() : null;
}
