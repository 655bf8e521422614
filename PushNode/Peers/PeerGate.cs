using System.Buffers;
using System.Collections.Frozen;
using Microsoft.AspNetCore.Connections;
using PushNode.Diagnostics;

namespace PushNode.Peers;

/// <summary>
/// What comes in by the internal listener, and nothing else: it is let in when it speaks our version, shows the cluster's secret and means this run of this node.
/// What comes in by the public listeners passes by, and never reaches what is answered here.
/// </summary>
internal sealed class PeerGate
{
    private static readonly TimeSpan ComplaintInterval = TimeSpan.FromSeconds(10);

    private readonly RequestDelegate next;
    private readonly Occasional strangers;
    private readonly Occasional outsiders;
    private readonly ClusterSecret secret;
    private readonly Node node;
    private readonly ILogger<PeerGate> logger;
    private readonly FrozenDictionary<string, Func<PeerCall, Task>> routes;

    public PeerGate(RequestDelegate next, IEnumerable<IPeerService> services, ClusterSecret secret, Node node, TimeProvider time, ILogger<PeerGate> logger)
    {
        strangers = new Occasional(time, ComplaintInterval);
        outsiders = new Occasional(time, ComplaintInterval);
        this.next = next;
        this.secret = secret;
        this.node = node;
        this.logger = logger;
        routes = services.SelectMany(static s => s.Routes).ToFrozenDictionary(StringComparer.Ordinal);
    }

    public Task InvokeAsync(HttpContext context) => context.Features.Get<PeerConnection>() is null ? next(context) : HandleAsync(context);

    private async Task HandleAsync(HttpContext context)
    {
        IHeaderDictionary headers = context.Request.Headers;
        string from = headers[PeerProtocol.FromHeader].ToString() is { Length: > 0 and < 300 } told && !told.AsSpan().ContainsAnyExceptInRange('!', '~') ? told : $"{context.Connection.RemoteIpAddress}";
        context.Response.Headers[PeerProtocol.IncarnationHeader] = node.Incarnation;
        if (FindRefusal(headers) is { } refusal)
        {
            if (IsWorthALine(refusal.Status))
                PeerLog.Refused(logger, from, refusal.Reason);
            await RefuseAsync(context, refusal.Status, refusal.Reason);
        }
        else if (!routes.TryGetValue(context.Request.Path.Value ?? "", out Func<PeerCall, Task>? answer))
        {
            await RefuseAsync(context, StatusCodes.Status404NotFound, "this node does not answer that: it lacks the role");
        }
        else
        {
            await AnswerAsync(context, from, answer);
        }
    }

    // Another incarnation is how a restart looks to the others; anything else is a fault that somebody has to mend, and may go on for long until then.
    private bool IsWorthALine(int status) => status switch
    {
        StatusCodes.Status409Conflict => false,
        StatusCodes.Status426UpgradeRequired => strangers.IsDue(),
        _ => outsiders.IsDue(),
    };

    private (int Status, string Reason)? FindRefusal(IHeaderDictionary headers)
    {
        string version = headers[PeerProtocol.VersionHeader].ToString();
        if (version != PeerProtocol.Version)
            return (StatusCodes.Status426UpgradeRequired, version.Length == 0 ? "this listener is for the nodes of the cluster" : $"this node speaks version {PeerProtocol.Version} of the protocol between nodes, the caller version {version}");
        if (!secret.IsRight(headers[PeerProtocol.SecretHeader]))
            return (StatusCodes.Status401Unauthorized, "the caller's Cluster:Secret is not this node's");
        string meant = headers[PeerProtocol.IncarnationHeader].ToString();
        return meant.Length > 0 && meant != node.Incarnation ? (StatusCodes.Status409Conflict, $"{meant} was meant, {node.Incarnation} runs here") : null;
    }

    private async Task AnswerAsync(HttpContext context, string from, Func<PeerCall, Task> answer)
    {
        if (context.Request.ContentLength is not (>= 0 and <= PeerProtocol.MaxBody) || context.Request.ContentLength is not { } length)
        {
            await RefuseAsync(context, StatusCodes.Status413PayloadTooLarge, $"a body must tell its length, and be of at most {PeerProtocol.MaxBody} bytes");
            return;
        }

        byte[] body = ArrayPool<byte>.Shared.Rent((int)length);
        try
        {
            await context.Request.Body.ReadExactlyAsync(body.AsMemory(0, (int)length), context.RequestAborted);
            await answer(new PeerCall(context, from, body.AsMemory(0, (int)length)));
        }
        catch (MalformedPeerBodyException e) when (!context.Response.HasStarted)
        {
            PeerLog.Refused(logger, from, e.Message);
            await RefuseAsync(context, StatusCodes.Status400BadRequest, e.Message);
        }
        catch (Exception e) when (HasGone(context, e))
        {
            // There is nobody to answer; to somebody after all, nothing is not to look like an answer.
            context.Abort();
        }
        catch (Exception e)
        {
            PeerLog.Failed(logger, context.Request.Path, from, e);
            if (context.Response.HasStarted)
                context.Abort();
            else
                await RefuseAsync(context, StatusCodes.Status500InternalServerError, "the node met an error of its own; its log has the details");
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(body);
        }
    }

    // The reading or the writing may find out before the request is told: a node that was suspended comes back to both at once.
    private static bool HasGone(HttpContext context, Exception e) =>
        e is ConnectionAbortedException or ConnectionResetException or BadHttpRequestException
        || (context.RequestAborted.IsCancellationRequested && e is OperationCanceledException or IOException);

    private static Task RefuseAsync(HttpContext context, int status, string reason)
    {
        context.Response.StatusCode = status;
        return context.Response.WriteAsync(reason, context.RequestAborted);
    }
}
