using System.IO.Pipelines;
using PushNode.Admin.Status;
using PushNode.Diagnostics;

namespace PushNode.Admin;

/// <summary><c>GET /admin/stream</c>: how all nodes are, each second, as server-sent events.</summary>
internal sealed class StreamEndpoint(AdminGuard guard, StatusFeed feed, TimeProvider time)
{
    private const int RetryAfterSeconds = 5;

    /// <summary>How long a reader may take no event.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public async Task HandleAsync(HttpContext context)
    {
        if ((guard.Check(context) ?? QueryParameters.FindUnknown(context.Request)) is { } refused)
        {
            await refused.WriteAsync(context);
            return;
        }

        using StatusStream? stream = feed.TryOpen();
        if (stream is null)
        {
            await Problem.Unavailable($"this node has {StatusFeed.MaxStreams} admin streams, the most it gives, or is shutting down", RetryAfterSeconds).WriteAsync(context);
            return;
        }

        PipeWriter output = await EventStream.StartAsync(context);
        if (!await TryCopyAsync(stream, output, context.RequestAborted))
            context.Abort();
    }

    /// <summary>Writes the events until the last; false when the reader does not take them.</summary>
    internal async Task<bool> TryCopyAsync(StatusStream stream, PipeWriter output, CancellationToken cancellationToken)
    {
        while (await stream.NextAsync(cancellationToken) is { } next)
        {
            using var patience = new CancellationTokenSource(Patience, time);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
            try
            {
                if ((await output.WriteAsync(next, both.Token)).IsCompleted)
                    return true;
            }
            catch (OperationCanceledException) when (patience.IsCancellationRequested)
            {
                return false;
            }
        }

        return true;
    }
}
