namespace PushNode.Diagnostics;

/// <summary>Answers 200 when every check passes, else 503 with the reasons.</summary>
internal sealed class ReadinessEndpoint(IEnumerable<IReadinessCheck> checks)
{
    private readonly IReadinessCheck[] checks = [.. checks];

    public Task HandleAsync(HttpContext context)
    {
        string reasons = string.Join("; ", from check in checks let reason = check.Reason where reason is not null select $"{check.Name}: {reason}");
        if (reasons.Length == 0)
            return HealthAnswer.WriteOkAsync(context, "ready");
        context.Response.Headers.CacheControl = "no-store";
        return Problem.Unavailable(reasons).WriteAsync(context);
    }
}
