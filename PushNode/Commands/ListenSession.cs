using System.Buffers;
using System.Globalization;
using System.Net.WebSockets;
using System.Text;

namespace PushNode.Commands;

/// <summary>One connection: prints and acknowledges what comes, until it ends.</summary>
internal sealed class ListenSession(ClientWebSocket socket, ListenPosition position, MessagePrinter printer, TextWriter status)
{
    private const int MaxFrame = 64 * 1024 * 1024;
    private const int ChunkSize = 16 * 1024;
    private static readonly TimeSpan WelcomePatience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(2);

    private readonly ArrayBufferWriter<byte> received = new(ChunkSize);
    private bool isWelcomed;
    private TimeSpan notBefore;

    /// <summary>Runs until the connection ends, or until it is told to stop, when it says goodbye first.</summary>
    public async Task<ListenEnd> RunAsync(CancellationToken stop)
    {
        ListenEnd end;
        try
        {
            end = await ReceiveAllAsync(stop);
        }
        catch (WebSocketException e)
        {
            end = ListenEnd.Lost($"the connection was lost: {e.Message}");
        }
        catch (OperationCanceledException)
        {
            end = ListenEnd.Lost(isWelcomed ? "the connection was lost: the node is silent" : $"no welcome within {WelcomePatience.TotalSeconds:0} s");
        }

        return end with { WasWelcomed = isWelcomed, NotBefore = notBefore };
    }

    private async Task<ListenEnd> ReceiveAllAsync(CancellationToken stop)
    {
        using var abort = new CancellationTokenSource(WelcomePatience);
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using CancellationTokenRegistration registration = stop.Register(told.SetResult);
        while (true)
        {
            Task<ListenEnd?> receive = ReceiveAsync(abort.Token);
            if (!receive.IsCompleted && await Task.WhenAny(receive, told.Task) == told.Task)
                return await SayGoodbyeAsync(receive, abort);
            if ((await receive ?? await HandleAsync()) is { } end)
                return end;
            if (isWelcomed)
                abort.CancelAfter(Timeout.Infinite);
        }
    }

    /// <summary>Fills the buffer with the next message; what it returns when there is none.</summary>
    private async Task<ListenEnd?> ReceiveAsync(CancellationToken cancellationToken)
    {
        received.ResetWrittenCount();
        while (true)
        {
            ValueWebSocketReceiveResult result = await socket.ReceiveAsync(received.GetMemory(ChunkSize), cancellationToken);
            if (result.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken).WaitAsync(ClosePatience, cancellationToken);
                return ListenEnd.ByClose((int?)socket.CloseStatus ?? 1005, socket.CloseStatusDescription);
            }

            received.Advance(result.Count);
            if (result.EndOfMessage)
                return null;
            if (received.WrittenCount > MaxFrame)
                return new ListenEnd($"the node sent a frame of more than {MaxFrame} bytes", IsFinal: true);
        }
    }

    private async Task<ListenEnd?> HandleAsync()
    {
        if (ServerFrame.Parse(received.WrittenMemory) is not { } frame)
            return new ListenEnd("the node sent something that is no frame of pushnode.v1", IsFinal: true);
        switch (frame.Type)
        {
            case "welcome":
                isWelcomed = true;
                position.Begin(frame.Text("user"), frame.Text("epoch"));
                await status.WriteLineAsync(PlainText.From($"connected as {frame.Text("user")}"));
                break;
            case "message":
                await TakeAsync(frame);
                break;
            case "live" when frame.Text("channel") is { } channel && frame.Seq is { } seq:
                position.Move(channel, seq);
                break;
            case "reset" when frame.Text("channel") is { } channel:
                position.Reset(channel);
                await status.WriteLineAsync(PlainText.From($"{channel} starts over: the node's store is another one, or was restored, or the number is higher than any message's"));
                break;
            case "reconnect":
                notBefore = TimeSpan.FromMilliseconds(Math.Clamp(frame.Number("afterMs") ?? 0, 0, 300_000));
                break;
            case "error":
                await status.WriteLineAsync(PlainText.From($"the node refused a request ({frame.Text("code")}): {frame.Text("message")}"));
                break;
        }

        return null;
    }

    // Acknowledged once it is printed, a repeated one too: its first acknowledgement may have been lost.
    private async Task TakeAsync(ServerFrame message)
    {
        if (message.Text("channel") is not { } channel || message.Seq is not { } seq)
        {
            await printer.PrintAsync(message);
            return;
        }

        if (position.Move(channel, seq))
            await printer.PrintAsync(message);
        string name = position.IsOwn(channel) ? "" : $"\"channel\":\"{channel}\",";
        string ack = string.Create(CultureInfo.InvariantCulture, $$"""{"type":"ack",{{name}}"seq":{{seq}}}""");
        using var timeout = new CancellationTokenSource(WelcomePatience);
        await socket.SendAsync(Encoding.UTF8.GetBytes(ack), WebSocketMessageType.Text, endOfMessage: true, timeout.Token);
    }

    private async Task<ListenEnd> SayGoodbyeAsync(Task<ListenEnd?> receive, CancellationTokenSource abort)
    {
        abort.CancelAfter(ClosePatience);
        try
        {
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, abort.Token);
            while (await receive is null)
                receive = ReceiveAsync(abort.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
            socket.Abort();
        }

        return ListenEnd.Lost("stopped");
    }
}
