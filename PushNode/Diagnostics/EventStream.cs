using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace PushNode.Diagnostics;

/// <summary>An answer of server-sent events.</summary>
internal static class EventStream
{
    /// <summary>Begins the answer, which may go on for as long as the client likes, and returns where the events go.</summary>
    public static async Task<PipeWriter> StartAsync(HttpContext context)
    {
        HttpResponse response = context.Response;
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-cache, no-transform";
        // Proxies of the nginx kind would otherwise hold the events back until a buffer is full.
        response.Headers["X-Accel-Buffering"] = "no";
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        SlowClients.Allow(context);
        await response.StartAsync(context.RequestAborted);
        return response.BodyWriter;
    }
}
