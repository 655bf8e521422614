using System.Buffers;
using System.IO.Pipelines;
using System.Net.Mime;
using System.Text.Json;
using PushNode.Diagnostics;
using PushNode.Messages;

namespace PushNode.Auth;

/// <summary><c>POST /auth/verify</c>: who a token is for. It takes no API key, for whoever has the token may know what it says.</summary>
internal sealed class VerifyEndpoint(IAuthenticator authenticator, AuthOptions options)
{
    // Room for the JSON around the token, and for white space.
    private readonly int maxBodyBytes = (2 * options.MaxTokenLength) + 1024;

    public async Task HandleAsync(HttpContext context)
    {
        Problem? problem = FindTypeFault(context.Request);
        string? token = null;
        if (problem is null)
            (token, problem) = await ReadTokenAsync(context);
        if (token is null)
        {
            await problem!.WriteAsync(context);
            return;
        }

        AuthResult result = await authenticator.VerifyAsync(token, context.RequestAborted);
        await (result.Failure switch
        {
            AuthFailure.None => WriteAsync(context, result.Identity!),
            AuthFailure.Invalid => Problem.Unauthorized(result.Reason!).WriteAsync(context),
            _ => Problem.Unavailable(result.Reason!).WriteAsync(context),
        });
    }

    // curl's default type counts as JSON, so that the shortest try-out works.
    private static Problem? FindTypeFault(HttpRequest request)
    {
        ReadOnlySpan<char> type = request.ContentType;
        int parameters = type.IndexOf(';');
        type = (parameters < 0 ? type : type[..parameters]).Trim();
        return type.IsEmpty
            || type.Equals(MediaTypeNames.Application.Json, StringComparison.OrdinalIgnoreCase)
            || type.Equals(MediaTypeNames.Application.FormUrlEncoded, StringComparison.OrdinalIgnoreCase)
            ? null
            : Problem.UnsupportedMediaType($"the content type is '{Quoted.Text(type.ToString())}', expected application/json");
    }

    private static async Task WriteAsync(HttpContext context, Identity identity)
    {
        context.Response.ContentType = MediaTypeNames.Application.Json;
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

    private async Task<(string? Token, Problem? Problem)> ReadTokenAsync(HttpContext context)
    {
        if (context.Request.ContentLength > maxBodyBytes)
            return (null, TooLarge());
        PipeReader body = context.Request.BodyReader;
        while (true)
        {
            ReadResult read = await body.ReadAsync(context.RequestAborted);
            if (read.Buffer.Length > maxBodyBytes || read.IsCompleted)
            {
                (string? Token, Problem? Problem) parsed = Parse(read.Buffer);
                body.AdvanceTo(read.Buffer.End);
                return parsed;
            }

            body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    private (string? Token, Problem? Problem) Parse(in ReadOnlySequence<byte> body)
    {
        if (body.Length > maxBodyBytes)
            return (null, TooLarge());
        string? token = VerifyRequest.Parse(body.IsSingleSegment ? body.FirstSpan : body.ToArray(), out Problem? problem);
        return (token, problem);
    }

    private Problem TooLarge() => Problem.TooLarge($"the body is larger than {maxBodyBytes} bytes");
}
