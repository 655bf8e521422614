using PushNode.Access;

namespace PushNode.Hosting;

/// <summary>
/// On a node that is open to everybody on its machine, refuses requests that are addressed to another name: with a name that resolves to 127.0.0.1 any
/// web page could otherwise have its visitor's browser talk to the node as if they were of one origin (DNS rebinding).
/// </summary>
internal sealed class LoopbackHostGuard(RequestDelegate next)
{
    // One without a name, which no browser sends, passes: health checks may speak HTTP/1.0.
    public Task InvokeAsync(HttpContext context) =>
        context.Request.Host.HasValue && RequestOrigin.CheckLoopbackHost(context.Request) is { } refusal ? refusal.WriteAsync(context) : next(context);
}
