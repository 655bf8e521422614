using System.Text.Json;
using PushNode.Access;
using PushNode.Cluster;
using PushNode.Diagnostics;
using PushNode.Dispatch;
using PushNode.Messages;
using PushNode.Storage;

namespace PushNode.Collect;

/// <summary><c>POST /auth/revoke {"userId":"alice"}</c>: every token of the user issued until now is void, on every node.</summary>
internal sealed class RevokeEndpoint(ProducerGuard guard, Revocations revocations, IDispatcher dispatcher, ILogger<RevokeEndpoint> logger)
{
    private const int MaxBody = 1024;
    private const string UserField = "userId";

    public async Task HandleAsync(HttpContext context)
    {
        (string userId, Problem? refused) = await ReadAsync(context);
        if (refused is not null)
        {
            await refused.WriteAsync(context);
            return;
        }

        try
        {
            // Not to be broken off between the store and the nodes, though its caller may leave.
            long before = await revocations.RevokeAsync(userId, CancellationToken.None);
            CollectLog.Revoked(logger, userId);
            IReadOnlyList<string> unanswered = await dispatcher.AnnounceRevocationAsync(userId, before, CancellationToken.None);
            await AnswerAsync(context, userId, before, unanswered);
        }
        catch (StoreUnavailableException)
        {
            await Problem.Unavailable("the message store cannot keep the revocation at the moment; nothing is revoked").WriteAsync(context);
        }
    }

    private async Task<(string UserId, Problem? Refusal)> ReadAsync(HttpContext context)
    {
        if (guard.Check(context) is { } refused)
            return ("", refused);
        (JsonElement body, Problem? malformed) = await JsonBody.ReadAsync(context, MaxBody, UserField);
        if (malformed is not null)
            return ("", malformed);
        string? userId = JsonBody.ReadText(body, UserField, out Problem? missing);
        if (missing is null && !Names.IsId(userId))
            missing = Problem.BadRequest("bad_name", $"userId is no user id: {Names.IdRule}");
        return (userId ?? "", missing);
    }

    private static async Task AnswerAsync(HttpContext context, string userId, long before, IReadOnlyList<string> unanswered)
    {
        context.Response.ContentType = ContentTypes.Json;
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString(UserField, userId);
        json.WriteString("revokedBefore", Timestamp.ToText(before));
        Problem.WriteUnanswered(json, unanswered);
        json.WriteEndObject();
    }
}
