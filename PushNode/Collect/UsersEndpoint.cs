using System.Text.Json;
using PushNode.Access;
using PushNode.Diagnostics;
using PushNode.Dispatch;
using PushNode.Messages;

namespace PushNode.Collect;

/// <summary><c>GET /users/{id}</c>: whether a user is connected, and how. <c>POST /users/{id}/disconnect</c>: closes those connections.</summary>
internal sealed class UsersEndpoint(ProducerGuard guard, IDispatcher dispatcher)
{
    private const string DeviceParameter = "device";

    public async Task FindAsync(HttpContext context)
    {
        string userId = "";
        if ((guard.Check(context) ?? QueryParameters.FindUnknown(context.Request) ?? ReadUser(context.Request, out userId)) is { } refused)
        {
            await refused.WriteAsync(context);
            return;
        }

        (IReadOnlyList<ConnectionDetails> connections, IReadOnlyList<string> unanswered) = await dispatcher.FindConnectionsAsync(userId, context.RequestAborted);
        if (connections.Count == 0 && unanswered.Count > 0)
        {
            await Refusals.PresenceUnknown(userId, unanswered).WriteAsync(context);
            return;
        }

        await using Utf8JsonWriter json = Answer(context, userId);
        json.WriteBoolean("online", connections.Count > 0);
        json.WriteStartArray("connections");
        foreach (ConnectionDetails connection in connections)
            WriteConnection(json, connection, withDevice: true);
        json.WriteEndArray();
        Problem.WriteUnanswered(json, unanswered);
        json.WriteEndObject();
    }

    public async Task DisconnectAsync(HttpContext context)
    {
        string userId = "";
        string? device = null;
        Problem? problem = guard.Check(context) ?? QueryParameters.FindUnknown(context.Request, DeviceParameter);
        if ((problem ?? ReadUser(context.Request, out userId) ?? ReadDevice(context.Request, out device)) is { } refused)
        {
            await refused.WriteAsync(context);
            return;
        }

        (int disconnected, IReadOnlyList<string> unanswered) = await dispatcher.DisconnectAsync(userId, device, context.RequestAborted);
        if (unanswered.Count > 0)
        {
            await Refusals.NotDisconnected(userId, disconnected, unanswered).WriteAsync(context);
            return;
        }

        await using Utf8JsonWriter json = Answer(context, userId);
        json.WriteNumber("disconnected", disconnected);
        json.WriteEndObject();
    }

    /// <summary>The user in the path; the refusal (400) when it is none.</summary>
    internal static Problem? ReadUser(HttpRequest request, out string userId)
    {
        userId = request.RouteValues["id"] as string ?? "";
        return Names.IsId(userId) ? null : Problem.BadRequest("bad_name", $"this is no user id: {Names.IdRule}");
    }

    /// <summary>Begins the answer: an object with the user.</summary>
    internal static Utf8JsonWriter Answer(HttpContext context, string userId)
    {
        context.Response.ContentType = ContentTypes.Json;
        var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("userId", userId);
        return json;
    }

    /// <summary>Writes a connection as an object.</summary>
    internal static void WriteConnection(Utf8JsonWriter json, ConnectionDetails connection, bool withDevice)
    {
        json.WriteStartObject();
        json.WriteString("id", connection.Id);
        json.WriteString("node", connection.Node);
        if (withDevice)
            json.WriteString("device", connection.Device);
        json.WriteString("transport", connection.Transport);
        json.WriteString("since", Timestamp.ToText(connection.Since));
        json.WriteEndObject();
    }

    private static Problem? ReadDevice(HttpRequest request, out string? device)
    {
        device = request.Query[DeviceParameter];
        return device is null || Names.IsWord(device) ? null : QueryParameters.Bad($"device is no device name: {Names.WordRule}");
    }
}
