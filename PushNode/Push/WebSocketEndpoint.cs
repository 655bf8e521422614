using PushNode.Auth;
using PushNode.Diagnostics;

namespace PushNode.Push;

/// <summary><c>GET /push</c>: a WebSocket.</summary>
internal sealed class WebSocketEndpoint(Admission admission, ConnectionServices services, CommandHandler commands, ClientSession session)
{
    /// <summary>A refusal's close code over the WebSocket is its HTTP status on top of this.</summary>
    private const int StatusCloseCodes = 4000;

    private const int MillisecondsPerSecond = 1000;

    public async Task HandleAsync(HttpContext context)
    {
        if (Handshake.TryRead(context, out Handshake? handshake) is { } bad)
        {
            await RefuseAsync(context, bad);
            return;
        }

        if (admission.Enter(context) is { } full)
        {
            await RefuseAsync(context, handshake!, full);
            return;
        }

        try
        {
            await AdmitAsync(context, handshake!);
        }
        finally
        {
            admission.Leave(context);
        }
    }

    private async Task AdmitAsync(HttpContext context, Handshake handshake)
    {
        Problem? refusal = ConnectRequest.TryParse(context.Request.QueryString.Value, out ConnectRequest request);
        Identity? identity = null;
        if (refusal is null)
        {
            string? token = BearerToken.Find(context.Request) ?? handshake.Token ?? request.QueryToken;
            (identity, refusal) = await admission.AdmitAsync(context, request, token);
        }

        if (refusal is null)
            await RunAsync(context, handshake, identity!, request);
        else
            await RefuseAsync(context, handshake, refusal);
    }

    private async Task RunAsync(HttpContext context, Handshake handshake, Identity identity, ConnectRequest request)
    {
        IClientTransport transport = await handshake.AcceptAsync();
        var connection = new StreamWebSocket(services, identity, request, transport, commands);
        await session.RunAsync(connection, request, connection.RunAsync, context.RequestAborted);
    }

    private Task RefuseAsync(HttpContext context, Handshake handshake, Problem refusal) =>
        handshake.OffersSubprotocol ? RefuseByCloseAsync(context, handshake, refusal) : RefuseAsync(context, refusal);

    // A browser cannot see the status of a refused handshake, so a client that knows our codes is told by one.
    private async Task RefuseByCloseAsync(HttpContext context, Handshake handshake, Problem refusal)
    {
        Note(refusal);
        IClientTransport transport = await handshake.AcceptAsync();
        // Nor does it show the page a Retry-After.
        if (refusal.RetryAfter > 0)
            await transport.Output.WriteAsync(ServerFrame.Reconnect(refusal.RetryAfter * MillisecondsPerSecond).WebSocket, context.RequestAborted);
        await transport.Output.WriteAsync(ControlFrame.Close((CloseCode)(StatusCloseCodes + refusal.Status), refusal.Detail), context.RequestAborted);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        patience.CancelAfter(services.Options.CloseTimeout);
        try
        {
            // The client's close frame, or whatever else it sends, up to its end.
            await transport.Input.CopyToAsync(Stream.Null, patience.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            transport.Abort();
        }
    }

    private Task RefuseAsync(HttpContext context, Problem refusal)
    {
        Note(refusal);
        return refusal.WriteAsync(context);
    }

    private void Note(Problem refusal)
    {
        services.Metrics.CountRefused(refusal.Status);
        PushLog.Refused(services.Logger, refusal.Status, refusal.Detail);
    }
}
