using System.Text.Json;
using PushNode.Access;
using PushNode.Cluster;
using PushNode.Diagnostics;
using PushNode.Messages;
using PushNode.Storage;

namespace PushNode.Collect;

/// <summary><c>POST /auth/revoke {"userId":"alice"}</c>: every token of the user issued until now is void, on every node.</summary>
internal sealed class RevokeEndpoint(ProducerGuard guard, Revocations revocations, ILogger<RevokeEndpoint> logger)
{
    private const int MaxBody = 1024;

    public async Task HandleAsync(HttpContext context)
    {
        Problem? refused = guard.Check(context);
        RevokeRequest? request = null;
        if (refused is null)
            (request, refused) = await JsonBody.ReadAsync<RevokeRequest>(context, MaxBody);
        if (refused is null && !Names.IsId(request!.UserId))
            refused = Problem.BadRequest("bad_name", $"userId is no user id: {Names.IdRule}");
        if (refused is not null)
        {
            await refused.WriteAsync(context);
            return;
        }

        try
        {
            long before = await revocations.RevokeAsync(request!.UserId, context.RequestAborted);
            CollectLog.Revoked(logger, request.UserId);
            await AnswerAsync(context, request.UserId, before);
        }
        catch (StoreUnavailableException)
        {
            await Problem.Unavailable("the message store cannot keep the revocation at the moment; nothing is revoked").WriteAsync(context);
        }
    }

    private static async Task AnswerAsync(HttpContext context, string userId, long before)
    {
        context.Response.ContentType = ContentTypes.Json;
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("userId", userId);
        json.WriteString("revokedBefore", Timestamp.ToText(before));
        json.WriteEndObject();
    }
}
