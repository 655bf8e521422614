using System.Net.WebSockets;

namespace PushNode.Commands;

/// <summary>Stays connected: prints what comes and, when the connection ends, comes back to where it was.</summary>
internal sealed class Listener(ListenTarget target, ListenPosition position, MessagePrinter printer, TextWriter status, Backoff backoff)
{
    private const string Protocol = "pushnode.v1";

    private static readonly TimeSpan ConnectPatience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan PingInterval = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan MaxRetryAfter = TimeSpan.FromMinutes(5);

    /// <summary>Runs until it is told to stop or the node refuses for good; returns one of <see cref="ExitCodes"/>.</summary>
    public async Task<int> RunAsync(CancellationToken stop)
    {
        while (true)
        {
            long start = TimeProvider.System.GetTimestamp();
            ListenEnd end = await ConnectAsync(stop);
            if (stop.IsCancellationRequested)
                return ExitCodes.Success;

            bool canRenew = end.IsTokenRefused && TimeProvider.System.GetElapsedTime(start) >= target.TokenLifetime;
            if (end.IsFinal && !canRenew)
            {
                await status.WriteLineAsync($"pushnode: {end.Reason}");
                return ExitCodes.Failure;
            }

            if (end.WasWelcomed)
                backoff.Reset();
            TimeSpan wait = end.NotBefore + backoff.Next();
            await status.WriteLineAsync($"{end.Reason}; trying again in {wait.TotalSeconds:0.0} s");
            try
            {
                await Task.Delay(wait, stop);
            }
            catch (OperationCanceledException)
            {
                return ExitCodes.Success;
            }
        }
    }

    private async Task<ListenEnd> ConnectAsync(CancellationToken stop)
    {
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol(Protocol);
        socket.Options.SetRequestHeader("Authorization", $"Bearer {target.Token()}");
        socket.Options.CollectHttpResponseDetails = true;
        // A node that has gone without a word is noticed within two intervals.
        socket.Options.KeepAliveInterval = PingInterval;
        socket.Options.KeepAliveTimeout = PingInterval;

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(ConnectPatience);
        try
        {
            var address = new UriBuilder(WebAddress.Append(target.Node, "push")) { Query = position.ToQuery(target.Device) };
            await socket.ConnectAsync(address.Uri, patience.Token);
        }
        catch (WebSocketException e)
        {
            return socket.HttpStatusCode == 0
                ? ListenEnd.Lost($"{target.Node} cannot be reached: {Unreachable.Reason(e.InnerException ?? e)}")
                : ListenEnd.ByStatus(socket.HttpStatusCode, RetryAfter(socket));
        }
        catch (OperationCanceledException)
        {
            return ListenEnd.Lost($"{target.Node} did not answer within {ConnectPatience.TotalSeconds:0} s");
        }

        return socket.SubProtocol == Protocol
            ? await new ListenSession(socket, position, printer, status).RunAsync(stop)
            : new ListenEnd($"{target.Node} does not speak {Protocol}", IsFinal: true);
    }

    private static TimeSpan RetryAfter(ClientWebSocket socket)
    {
        string? text = socket.HttpResponseHeaders?.FirstOrDefault(static h => h.Key.Equals("Retry-After", StringComparison.OrdinalIgnoreCase)).Value?.FirstOrDefault();
        return uint.TryParse(text, out uint seconds) ? TimeSpan.FromSeconds(Math.Min(seconds, MaxRetryAfter.TotalSeconds)) : TimeSpan.Zero;
    }
}
