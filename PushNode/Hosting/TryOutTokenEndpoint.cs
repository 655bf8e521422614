using System.Text.Json;
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
    private const string UserField = "userId";
    private const string TopicsField = "topics";
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    public Task HandleAsync(HttpContext context)
    {
        HttpRequest request = context.Request;
        string own = $"{request.Scheme}://{request.Host}";
        if (!own.Equals(request.Headers.Origin.ToString(), StringComparison.OrdinalIgnoreCase))
            return Problem.Forbidden("foreign_origin", $"tokens are given to the page at {own}/ only; 'pushnode token' makes one anywhere else").WriteAsync(context);
        if (!request.HasJsonContentType())
            return Problem.UnsupportedMediaType("the body must be JSON, sent as application/json").WriteAsync(context);
        return AnswerAsync(context);
    }

    private async Task AnswerAsync(HttpContext context)
    {
        (JsonElement body, Problem? refusal) = await JsonBody.ReadAsync(context, MaxBody, UserField, TopicsField);
        string token = "";
        if (refusal is null)
            (token, refusal) = Sign(body);
        if (refusal is not null)
        {
            await refusal.WriteAsync(context);
            return;
        }

        context.Response.Headers.CacheControl = "no-store";
        await context.Response.WriteAsJsonAsync(new { token }, context.RequestAborted);
    }

    private (string Token, Problem? Refusal) Sign(JsonElement body)
    {
        string? user = JsonBody.ReadText(body, UserField, out Problem? refusal);
        string[]? topics = refusal is null ? JsonBody.ReadTexts(body, TopicsField, out refusal) : null;
        if (topics is null)
            return ("", refusal);
        try
        {
            return (signer.Sign(user!, Lifetime, topics), null);
        }
        catch (ArgumentException e)
        {
            // It adds the name of the parameter in parentheses.
            return ("", Problem.BadRequest("bad_name", e.Message.Split(" (Parameter", 2)[0]));
        }
    }
}
