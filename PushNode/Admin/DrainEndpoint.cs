using Microsoft.Extensions.Hosting;
using PushNode.Diagnostics;

namespace PushNode.Admin;

/// <summary><c>POST /admin/drain</c>: does what SIGTERM does.</summary>
internal sealed class DrainEndpoint(AdminGuard guard, IHostApplicationLifetime lifetime)
{
    public async Task HandleAsync(HttpContext context)
    {
        if ((guard.Check(context) ?? QueryParameters.FindUnknown(context.Request) ?? await FindBodyAsync(context)) is { } refused)
        {
            await refused.WriteAsync(context);
            return;
        }

        // Once the caller has its answer: the stop waits for requests that are under way.
        context.Response.OnCompleted(
            static state =>
            {
                ((IHostApplicationLifetime)state).StopApplication();
                return Task.CompletedTask;
            },
            lifetime);
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync("""{"status":"draining"}""", context.RequestAborted);
    }

    // Whoever sends one means something by it that would not be done.
    private static async Task<Problem?> FindBodyAsync(HttpContext context) =>
        await RequestBody.ReadAsync(context, limit: 0) is null ? Problem.BadRequest("malformed", "there is a body, and this endpoint takes none: how long a drain takes is set by Drain:Window") : null;
}
