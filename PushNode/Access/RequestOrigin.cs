using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using PushNode.Diagnostics;

namespace PushNode.Access;

/// <summary>Keeps web pages away from producer endpoints: a browser may reach a node on loopback that nothing else can reach.</summary>
internal static class RequestOrigin
{
    /// <summary>A refusal when a page of another origin sent the request; null otherwise, and for whatever is no browser.</summary>
    public static Problem? CheckOrigin(HttpRequest request)
    {
        if (!request.Headers.TryGetValue(HeaderNames.Origin, out StringValues origin) || IsOwn(origin, request))
            return null;
        return Problem.Forbidden("foreign_origin", "a web page of another origin may not use this endpoint; send the request from a server, without an Origin header");
    }

    /// <summary>
    /// A refusal unless the Host header names this machine; null when it does. A page whose name was made to resolve to 127.0.0.1 (DNS rebinding) is
    /// of its own origin, so only the name gives it away.
    /// </summary>
    /// <param name="request">The request.</param>
    /// <param name="keys">The settings of the keys that would let in requests by any name.</param>
    public static Problem? CheckLoopbackHost(HttpRequest request, string keys = "Collect:ApiKeys and Auth:Jwt")
    {
        if (LoopbackHost.Is(request.Host.Host))
            return null;
        return Problem.Forbidden(
            "foreign_host",
            $"without keys configured only requests addressed to localhost, 127.0.0.0/8 or [::1] are taken, not to '{Quoted.Text(request.Host.ToString())}'; set {keys} to use another host name");
    }

    private static bool IsOwn(StringValues origin, HttpRequest request) =>
        origin.Count == 1
        && Uri.TryCreate(origin[0], UriKind.Absolute, out Uri? page)
        && page.Scheme.Equals(request.Scheme, StringComparison.OrdinalIgnoreCase)
        && page.Host.Equals(request.Host.Host, StringComparison.OrdinalIgnoreCase)
        && page.Port == (request.Host.Port ?? (request.IsHttps ? 443 : 80));
}
