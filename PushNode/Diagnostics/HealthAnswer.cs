namespace PushNode.Diagnostics;

/// <summary>The answer of a node that is well.</summary>
internal static class HealthAnswer
{
    public static Task WriteOkAsync(HttpContext context, string status)
    {
        context.Response.Headers.CacheControl = "no-store";
        context.Response.ContentType = "application/json";
        return context.Response.WriteAsync($$"""{"status":"{{status}}"}""", context.RequestAborted);
    }
}
