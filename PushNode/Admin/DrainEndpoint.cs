using Microsoft.Extensions.Hosting;

namespace PushNode.Admin;

/// <summary><c>POST /admin/drain</c>: does what SIGTERM does.</summary>
internal sealed class DrainEndpoint(AdminGuard guard, IHostApplicationLifetime lifetime)
{
    public async Task HandleAsync(HttpContext context)
    {
        if (guard.Check(context) is { } refused)
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
}
