using System.Buffers;
using System.Text.Json;
using PushNode.Access;
using PushNode.Diagnostics;
using PushNode.Messages;
using PushNode.Storage;

namespace PushNode.Collect;

/// <summary><c>GET /messages/{channel}/{seq}</c>: a stored message as its clients get it, and the devices that have acknowledged it.</summary>
internal sealed class MessagesEndpoint(ProducerGuard guard, IMessageStore store)
{
    /// <summary>How many of the channel's devices are looked at.</summary>
    private const int MaxDevices = 1_000;

    public async Task HandleAsync(HttpContext context)
    {
        Channel channel = default;
        long seq = 0;
        if ((guard.Check(context) ?? QueryParameters.FindUnknown(context.Request) ?? ReadRoute(context.Request, out channel, out seq)) is { } refused)
        {
            await refused.WriteAsync(context);
            return;
        }

        try
        {
            if (await store.FindAsync(channel, seq, context.RequestAborted) is not { } message)
            {
                await Problem.NotFound($"{channel} has no message {seq}, or it has expired").WriteAsync(context);
                return;
            }

            // One more than is shown, to know whether there are more.
            Answer(context, message, await store.ListCursorsAsync(channel, MaxDevices + 1, context.RequestAborted));
        }
        catch (StoreUnavailableException)
        {
            await Problem.Unavailable("the message store cannot answer at the moment").WriteAsync(context);
        }
    }

    private static Problem? ReadRoute(HttpRequest request, out Channel channel, out long seq)
    {
        seq = 0;
        if (!Channel.TryParse(request.RouteValues["channel"] as string, out channel))
            return Problem.BadRequest("bad_name", "the channel must be user:{id}, topic:{name} or all");
        bool valid = Message.TryParseSeq(request.RouteValues["seq"] as string, out seq) && seq > 0;
        return valid ? null : Problem.BadRequest("bad_value", $"seq must be a whole number from 1 to {Message.SeqEnd - 1}");
    }

    /// <summary>The message's own bytes with more fields before the closing brace, so that its data stays as it was sent.</summary>
    private static void Answer(HttpContext context, Message message, IReadOnlyList<DeviceCursor> cursors)
    {
        context.Response.ContentType = ContentTypes.Json;
        IBufferWriter<byte> output = context.Response.BodyWriter;
        output.Write(message.Json.Span[..^1]);
        output.Write(",\"acknowledged\":"u8);
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartArray();
            foreach (DeviceCursor cursor in cursors.Take(MaxDevices).Where(c => c.Seq >= message.Seq))
            {
                json.WriteStartObject();
                json.WriteString("user", cursor.UserId);
                json.WriteString("device", cursor.Device);
                json.WriteNumber("seq", cursor.Seq);
                json.WriteEndObject();
            }

            json.WriteEndArray();
        }

        output.Write(cursors.Count > MaxDevices ? ",\"acknowledgedIsPartial\":true}"u8 : "}"u8);
    }
}
