using System.Text.Json;
using PushNode.Access;
using PushNode.Diagnostics;
using PushNode.Dispatch;
using PushNode.Messages;
using PushNode.Storage;

namespace PushNode.Collect;

/// <summary><c>GET /users/{id}/devices</c>: a user's devices, those that are connected and those that were, each with what it has of the user's own channel.</summary>
internal sealed class DevicesEndpoint(ProducerGuard guard, IMessageStore store, IDispatcher dispatcher)
{
    /// <summary>How many stored cursors are looked at: a user has no more of them, as the store is set up by default.</summary>
    private const int MaxCursors = 1_024;

    public async Task HandleAsync(HttpContext context)
    {
        string userId = "";
        if ((guard.Check(context) ?? QueryParameters.FindUnknown(context.Request) ?? UsersEndpoint.ReadUser(context.Request, out userId)) is { } refused)
        {
            await refused.WriteAsync(context);
            return;
        }

        var channel = Channel.User(userId);
        // The head last: it is not to be behind what a device has acknowledged.
        IReadOnlyList<DeviceCursor> cursors = await store.ListCursorsAsync(channel, MaxCursors, context.RequestAborted);
        (IReadOnlyList<ConnectionDetails> connections, IReadOnlyList<string> unanswered) = await dispatcher.FindConnectionsAsync(userId, context.RequestAborted);
        long head = (await store.ReadHeadsAsync([channel], context.RequestAborted))[0];
        if (connections.Count == 0 && unanswered.Count > 0)
            await Refusals.PresenceUnknown(userId, unanswered).WriteAsync(context);
        else
            await AnswerAsync(context, userId, head, cursors, connections, unanswered);
    }

    private static async Task AnswerAsync(
        HttpContext context, string userId, long head, IReadOnlyList<DeviceCursor> cursors, IReadOnlyList<ConnectionDetails> connections, IReadOnlyList<string> unanswered)
    {
        Dictionary<string, long?> acknowledged = cursors.ToDictionary(static c => c.Device, static long? (c) => c.Seq);
        ILookup<string, ConnectionDetails> open = connections.ToLookup(static c => c.Device);
        await using Utf8JsonWriter json = UsersEndpoint.Answer(context, userId);
        json.WriteNumber("head", head);
        json.WriteBoolean("online", connections.Count > 0);
        json.WriteStartArray("devices");
        foreach (string device in acknowledged.Keys.Concat(open.Select(static o => o.Key)).Distinct().Order(StringComparer.Ordinal))
            WriteDevice(json, device, head, acknowledged.GetValueOrDefault(device), open[device]);
        json.WriteEndArray();
        Problem.WriteUnanswered(json, unanswered);
        json.WriteEndObject();
    }

    private static void WriteDevice(Utf8JsonWriter json, string device, long head, long? acknowledged, IEnumerable<ConnectionDetails> connections)
    {
        json.WriteStartObject();
        json.WriteString("device", device);
        if (acknowledged is { } seq)
            json.WriteNumber("acknowledged", seq);
        else
            json.WriteNull("acknowledged");
        json.WriteNumber("behind", Math.Max(0, head - (acknowledged ?? 0)));
        json.WriteStartArray("connections");
        foreach (ConnectionDetails connection in connections)
            UsersEndpoint.WriteConnection(json, connection, withDevice: false);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
