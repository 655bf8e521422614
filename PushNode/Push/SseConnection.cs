using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using PushNode.Auth;
using PushNode.Messages;

namespace PushNode.Push;

/// <summary>
/// A connection over server-sent events (WHATWG HTML, section 9.2). Nothing comes back on it: the device's cursor moves by the <c>Last-Event-ID</c> of its
/// next request.
/// </summary>
internal sealed class SseConnection(ConnectionServices services, Identity identity, ConnectRequest request, PipeWriter output, Action abort)
    : Connection(services, identity, request, new Outbox(new PipeOutput(output), services.Options.OutboxBytes, services.Time))
{
    private static readonly byte[] Comment = ":\n\n"u8.ToArray();

    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string epoch = services.Store.Epoch;
    private long lastWritten = services.Time.GetTimestamp();

    protected override string Transport => "sse";

    public override EnqueueResult TryWrite(Message message, Subscription subscription)
    {
        // Ephemeral messages carry no id: they move no cursor.
        string? id = message.Ephemeral ? null : SseCursor.Write(epoch, Subscriptions, subscription, message.Seq);
        EnqueueResult result = Outbox.TryEnqueue(Format(id, null, message.Json.Span), message.Ephemeral ? FrameKind.Ephemeral : FrameKind.Durable);
        if (result is EnqueueResult.Queued or EnqueueResult.QueuedFirst)
            Volatile.Write(ref lastWritten, Time.GetTimestamp());
        return result;
    }

    public override void Abort()
    {
        // Only while the request runs: its context is used again for the next one.
        if (ended.Task.IsCompleted)
            return;
        End();
        abort();
        ended.TrySetResult();
    }

    /// <summary>Completes when the client has left or the connection was closed and all is written.</summary>
    public async Task RunAsync(CancellationToken clientGone)
    {
        await using (clientGone.UnsafeRegister(static state => ((TaskCompletionSource)state!).TrySetResult(), ended))
            await ended.Task;
        End();
    }

    // "error" is the event that EventSource itself raises when the connection fails.
    protected override ReadOnlyMemory<byte> Encode(in ServerFrame frame) => Format(null, frame.Type == "error" ? "refused" : frame.Type, frame.Json.Span);

    protected override void EnqueueClose(CloseCode code, string reason)
    {
        Outbox.EnqueueLast(Format(null, "close", ServerFrame.Close(code, reason).Json.Span));
        _ = EndWhenWrittenAsync();
    }

    protected override void BeatTransport()
    {
        long now = Time.GetTimestamp();
        if (Time.GetElapsedTime(Volatile.Read(ref lastWritten), now) < Options.HeartbeatInterval)
            return;
        Volatile.Write(ref lastWritten, now);
        Outbox.TryEnqueue(Comment, FrameKind.Control);
        Flush();
    }

    private async Task EndWhenWrittenAsync()
    {
        await Outbox.WaitUntilEmptyAsync();
        ended.TrySetResult();
    }

    private static byte[] Format(string? id, string? name, ReadOnlySpan<byte> json)
    {
        var writer = new ArrayBufferWriter<byte>(json.Length + (id?.Length ?? 0) + (name?.Length ?? 0) + 32);
        if (id is not null)
            WriteField(writer, "id: "u8, Encoding.ASCII.GetBytes(id));
        if (name is not null)
            WriteField(writer, "event: "u8, Encoding.ASCII.GetBytes(name));
        // A line break may stand between the tokens of the producer's JSON: each line is a data field of its own, the client joins them again.
        int end;
        while ((end = json.IndexOfAny((byte)'\n', (byte)'\r')) >= 0)
        {
            WriteField(writer, "data: "u8, json[..end]);
            json = json[(end + 1)..];
        }

        WriteField(writer, "data: "u8, json);
        writer.Write("\n"u8);
        return writer.WrittenSpan.ToArray();
    }

    private static void WriteField(ArrayBufferWriter<byte> writer, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        writer.Write(name);
        writer.Write(value);
        writer.Write("\n"u8);
    }
}
