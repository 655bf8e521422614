using System.Text.Json;
using PushNode.Cluster;
using PushNode.Diagnostics;
using PushNode.Messages;

namespace PushNode.Auth;

/// <summary><c>POST /auth/verify</c>: who a token is for. It takes no API key, for whoever has the token may know what it says.</summary>
internal sealed class VerifyEndpoint(IAuthenticator authenticator, Revocations revocations, AuthOptions options)
{
    private const string TokenField = "token";

    // Room for the JSON around the token, and for white space.
    private readonly int maxBodyBytes = (2 * options.MaxTokenLength) + 1024;

    public async Task HandleAsync(HttpContext context)
    {
        (JsonElement body, Problem? problem) = await JsonBody.ReadAsync(context, maxBodyBytes, TokenField);
        string? token = problem is null ? JsonBody.ReadText(body, TokenField, out problem) : null;
        if (token is null)
        {
            await problem!.WriteAsync(context);
            return;
        }

        AuthResult result = await authenticator.VerifyAsync(token, context.RequestAborted);
        if (result.Identity is { } identity && await revocations.FindRevokedAsync(identity.UserId, identity.IssuedAt, context.RequestAborted))
            result = AuthResult.Invalid(Revocations.Refusal);
        await (result.Failure switch
        {
            AuthFailure.None => WriteAsync(context, result.Identity!),
            AuthFailure.Invalid => Problem.Unauthorized(result.Reason!).WriteAsync(context),
            _ => Problem.Unavailable(result.Reason!).WriteAsync(context),
        });
    }

    private static async Task WriteAsync(HttpContext context, Identity identity)
    {
        context.Response.ContentType = ContentTypes.Json;
        context.Response.Headers.CacheControl = "no-store";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("userId", identity.UserId);
        json.WritePropertyName("expiresAt");
        if (identity.ExpiresAt == long.MaxValue)
            json.WriteNullValue();
        else
            json.WriteStringValue(Timestamp.ToText(identity.ExpiresAt));
        json.WriteStartArray("topics");
        foreach (string pattern in identity.Topics.Patterns)
            json.WriteStringValue(pattern);
        json.WriteEndArray();
        json.WriteEndObject();
        await json.FlushAsync(context.RequestAborted);
    }
}
