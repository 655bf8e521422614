using System.Net;
using PushNode.Diagnostics;

namespace PushNode.Hosting;

/// <summary>
/// On a node that is open to everybody on its machine, refuses requests that are addressed to another name: with a name that resolves to 127.0.0.1 any
/// web page could otherwise have its visitor's browser talk to the node as if they were of one origin (DNS rebinding).
/// </summary>
internal sealed class LoopbackHostGuard(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext context) => IsLoopback(context.Request.Host.Host) ? next(context) : Refuse(context);

    /// <summary>Whether a host names this machine's loopback; an empty one, which no browser sends, passes.</summary>
    public static bool IsLoopback(string host) =>
        host.Length == 0
        || host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address));

    private static Task Refuse(HttpContext context) =>
        Problem.Forbidden(
            "wrong_host",
            $"this node has no keys configured, so it answers only requests addressed to localhost or a loopback address, not to '{context.Request.Host}'; configure Collect:ApiKeys and Auth:Jwt to have it answer to other names").WriteAsync(context);
}
