using PushNode.Auth;
using PushNode.Diagnostics;

namespace PushNode.Hosting;

/// <summary>
/// <c>POST /auth/token {"userId":"alice","topics":["news"]}</c> answers <c>{"token":"…"}</c>: for the page, and only in try-out mode. It asks for the page's own
/// origin and for JSON, so that no other page can have the browser fetch a token.
/// </summary>
internal sealed class TryOutTokenEndpoint(TokenSigner signer)
{
    public const string Path = "/auth/token";

    private const int MaxBody = 4 * 1024;
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    public Task HandleAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        string own = $"{request.Scheme}://{request.Host}";
        if (!own.Equals(request.Headers.Origin.ToString(), StringComparison.OrdinalIgnoreCase))
            return Problem.Forbidden("wrong_origin", $"tokens are given to the page at {own}/ only; 'pushnode token' makes one anywhere else").WriteAsync(context);
        if (!request.HasJsonContentType())
            return Problem.UnsupportedMediaType("the body must be JSON, sent as application/json").WriteAsync(context);
        return AnswerAsync(context);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var body = new byte[MaxBody + 1];
        int length = await context.Request.Body.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, context.RequestAborted);
        if (length > MaxBody)
        {
            await Problem.TooLarge($"the body is larger than {MaxBody} bytes").WriteAsync(context);
            return;
        }

        string token;
        try
        {
            var request = TokenRequest.Parse(body.AsMemory(0, length));
            token = signer.Sign(request.UserId, Lifetime, request.Topics);
        }
        catch (Exception e) when (e is FormatException or ArgumentException)
        {
            // ArgumentException adds the name of the parameter in parentheses.
            await Problem.BadRequest("bad_request", e.Message.Split(" (Parameter", 2)[0]).WriteAsync(context);
            return;
        }

        context.Response.Headers.CacheControl = "no-store";
        await context.Response.WriteAsJsonAsync(new { token }, context.RequestAborted);
    }
}
