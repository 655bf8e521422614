using Microsoft.Net.Http.Headers;
using PushNode.Auth;
using PushNode.Diagnostics;

namespace PushNode.Push;

/// <summary><c>GET /push/sse</c>: server-sent events, with the parameters of the WebSocket.</summary>
internal sealed class SseEndpoint(Admission admission, ConnectionServices services, ClientSession session)
{
    private const string LastEventId = "Last-Event-ID";

    /// <summary>How long a browser may remember the answer to its preflight: two hours, the most Chromium does.</summary>
    private const string PreflightSeconds = "7200";

    /// <summary>
    /// The preflight of a page of another origin: a browser asks whether such a page may send these headers (WHATWG Fetch, section 4.8). It passes for all, as only
    /// then the page can read why its request itself is refused.
    /// </summary>
    public static Task AllowAsync(HttpContext context)
    {
        AllowOrigin(context);
        IHeaderDictionary headers = context.Response.Headers;
        headers.AccessControlAllowMethods = HttpMethods.Get;
        headers.AccessControlAllowHeaders = $"Authorization, {LastEventId}";
        headers.AccessControlMaxAge = PreflightSeconds;
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    public async Task HandleAsync(HttpContext context)
    {
        AllowOrigin(context);
        if (admission.Enter(context) is { } full)
        {
            await RefuseAsync(context, full);
            return;
        }

        try
        {
            await AdmitAsync(context);
        }
        finally
        {
            admission.Leave(context);
        }
    }

    private async Task AdmitAsync(HttpContext context)
    {
        Problem? refusal = Read(context.Request, out ConnectRequest request);
        Identity? identity = null;
        if (refusal is null)
            (identity, refusal) = await admission.AdmitAsync(context, request, BearerToken.Find(context.Request) ?? request.QueryToken);
        if (refusal is null)
            await RunAsync(context, identity!, request);
        else
            await RefuseAsync(context, refusal);
    }

    private Task RefuseAsync(HttpContext context, Problem refusal)
    {
        services.Metrics.CountRefused(refusal.Status);
        PushLog.Refused(services.Logger, refusal.Status, refusal.Detail);
        return refusal.WriteAsync(context);
    }

    private async Task RunAsync(HttpContext context, Identity identity, ConnectRequest request)
    {
        var connection = new SseConnection(services, identity, request, await EventStream.StartAsync(context), RequestAbort.Of(context));
        await session.RunAsync(connection, request, connection.RunAsync, context.RequestAborted);
    }

    private static Problem? Read(HttpRequest request, out ConnectRequest connect)
    {
        if (ConnectRequest.TryParse(request.QueryString.Value, out connect) is { } problem)
            return problem;
        if (connect.AckMode == AckMode.Manual)
            return Problem.BadRequest("bad_parameter", "ack=manual needs a way back, which SSE has not: the cursor moves by Last-Event-ID");
        string? cursor = request.Headers[LastEventId];
        return string.IsNullOrEmpty(cursor) || SseCursor.TryApply(cursor, connect)
            ? null
            : Problem.BadRequest("bad_cursor", $"{LastEventId} is no id of an event of this stream");
    }

    // Every stream needs a token of its own, so a page of any origin may read what its token allows; Push:AllowedOrigins is checked at admission.
    private static void AllowOrigin(HttpContext context)
    {
        if (context.Request.Headers.Origin is [{ } origin])
        {
            context.Response.Headers.AccessControlAllowOrigin = origin;
            context.Response.Headers.AccessControlExposeHeaders = HeaderNames.RetryAfter;
            context.Response.Headers.Vary = "Origin";
        }
    }
}
