using System.Buffers;
using System.IO.Pipelines;
using PushNode.Auth;

namespace PushNode.Push;

/// <summary>A WebSocket behind the web server: over TLS, HTTP/2, or by a request that is not read without it.</summary>
internal sealed class StreamWebSocket(ConnectionServices services, Identity identity, ConnectRequest request, IClientTransport transport, CommandHandler commands)
    : WebSocketConnection(services, identity, request, new PipeOutput(transport.Output), commands)
{
    private CancellationToken clientGone;
    private volatile bool hasEnded;

    public override CancellationToken ClientGone => clientGone;

    public override void Abort()
    {
        End();
        if (!hasEnded)
            transport.Abort();
    }

    /// <summary>Reads the client until it leaves or breaks a rule; then the connection has ended.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        clientGone = cancellationToken;
        try
        {
            await ReadAsync();
            await Outbox.WaitUntilEmptyAsync().WaitAsync(Options.CloseTimeout, Time, clientGone);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or TimeoutException or InvalidOperationException)
        {
            // The socket is gone: that is how most connections end.
        }
        finally
        {
            EndReading();
            hasEnded = true;
            End();
            await transport.Input.CompleteAsync();
            // It may yet take hold of a channel, which the caller is to give back.
            await Command;
        }
    }

    private async Task ReadAsync()
    {
        PipeReader input = transport.Input;
        while (true)
        {
            ReadResult result = await input.ReadAsync(clientGone);
            ReadOnlySequence<byte> buffer = result.Buffer;
            ReadStep step;
            while ((step = Read(ref buffer)) == ReadStep.HeldUp)
            {
                await Command;
                GoOn();
            }

            input.AdvanceTo(buffer.Start, buffer.End);
            if (step == ReadStep.Ended || result.IsCompleted)
                return;
        }
    }
}
