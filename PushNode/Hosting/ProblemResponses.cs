using Microsoft.AspNetCore.Connections;
using PushNode.Diagnostics;
using PushNode.Peers;
using PushNode.Storage;

namespace PushNode.Hosting;

/// <summary>Makes every refusal a problem: paths and methods that are not there, requests that HTTP itself refuses, and faults of ours.</summary>
internal sealed class ProblemResponses(RequestDelegate next, ILogger<ProblemResponses> logger)
{
    public async Task InvokeAsync(HttpContext context)
    {
        HttpResponse response = context.Response;
        try
        {
            await next(context);
        }
        catch (Exception e) when (HasEnded(context, e))
        {
            // The client has gone, or the node had to stop before it was done: there is nobody to answer.
            return;
        }
        catch (BadHttpRequestException e) when (e.StatusCode == StatusCodes.Status408RequestTimeout && !response.HasStarted)
        {
            response.Clear();
            string detail = $"the body of the request came too slowly: after {Listeners.BodyGrace.TotalSeconds:0} s it must come at {Listeners.MinBodyBytesPerSecond} bytes a second at least; nothing of it was taken";
            await new Problem(StatusCodes.Status408RequestTimeout, "too_slow", detail).WriteAsync(context);
            return;
        }
        catch (BadHttpRequestException e) when (!response.HasStarted)
        {
            response.Clear();
            await new Problem(e.StatusCode, "bad_request", e.Message).WriteAsync(context);
            return;
        }
        catch (StoreUnavailableException e) when (!response.HasStarted)
        {
            response.Clear();
            await Problem.Unavailable($"the message store cannot answer now: {e.Message}").WriteAsync(context);
            return;
        }
        catch (PeerUnavailableException e) when (!response.HasStarted)
        {
            response.Clear();
            await Problem.Unavailable($"another node of the cluster cannot answer now: {e.Message}").WriteAsync(context);
            return;
        }
        catch (Exception e) when (!response.HasStarted)
        {
            logger.RequestFailed(e, context.Request.Method, context.Request.Path);
            response.Clear();
            await new Problem(StatusCodes.Status500InternalServerError, "internal", "the node met an error of its own; its log has the details").WriteAsync(context);
            return;
        }

        if (response.StatusCode >= 400 && response is { HasStarted: false, ContentType: null, ContentLength: null })
            await Describe(context).WriteAsync(context);
    }

    // The reading of a body may tell that the connection was aborted before the request counts as aborted.
    private static bool HasEnded(HttpContext context, Exception e) =>
        e is ConnectionAbortedException or OperationCanceledException { InnerException: ConnectionAbortedException }
        || (context.RequestAborted.IsCancellationRequested && e is OperationCanceledException or IOException);

    private static Problem Describe(HttpContext context) => context.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => Problem.NotFound($"there is nothing at {context.Request.Path}"),
        StatusCodes.Status405MethodNotAllowed => new Problem(
            StatusCodes.Status405MethodNotAllowed,
            "method_not_allowed",
            $"{context.Request.Path} does not take {context.Request.Method}; it takes {context.Response.Headers.Allow}"),
        int status => new Problem(status, "refused", $"{context.Request.Method} {context.Request.Path} was refused"),
    };
}
