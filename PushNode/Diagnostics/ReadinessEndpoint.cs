namespace PushNode.Diagnostics;

/// <summary>Answers 200 when every check passes, else 503 with the reasons.</summary>
internal sealed class ReadinessEndpoint(Readiness readiness)
{
    public Task HandleAsync(HttpContext context)
    {
        if (readiness.FindReasons() is not { } reasons)
            return HealthAnswer.WriteOkAsync(context, "ready");
        context.Response.Headers.CacheControl = "no-store";
        return Problem.Unavailable(reasons).WriteAsync(context);
    }
}
