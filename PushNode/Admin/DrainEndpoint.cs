using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Primitives;
using PushNode.Diagnostics;
using PushNode.Peers;

namespace PushNode.Admin;

/// <summary><c>POST /admin/drain</c>: does what SIGTERM does, on this node or with <c>?node=host:port</c> on another.</summary>
/// <param name="guard">Who may.</param>
/// <param name="lifetime">Of this node.</param>
/// <param name="node">This node.</param>
/// <param name="directory">The other nodes; null for a node alone.</param>
/// <param name="peers">The way to them.</param>
internal sealed class DrainEndpoint(AdminGuard guard, IHostApplicationLifetime lifetime, Node node, IPeerDirectory? directory = null, PeerClient? peers = null)
{
    private const string NodeParameter = "node";

    public async Task HandleAsync(HttpContext context)
    {
        if ((guard.Check(context) ?? QueryParameters.FindUnknown(context.Request, NodeParameter) ?? await FindBodyAsync(context)) is { } refused)
        {
            await refused.WriteAsync(context);
            return;
        }

        StringValues named = context.Request.Query[NodeParameter];
        Problem? problem = null;
        if (named.Count > 1)
            problem = QueryParameters.Bad($"{NodeParameter} is there more than once");
        else if (named.Count == 1 && named[0] != node.Address)
            problem = await DrainOtherAsync(named[0]!, context.RequestAborted);
        else
            DrainThisLater(context.Response);
        if (problem is null)
            await AnswerAsync(context, named.Count == 1 ? named[0] : null);
        else
            await problem.WriteAsync(context);
    }

    // Once the caller has its answer: the stop waits for requests that are under way.
    private void DrainThisLater(HttpResponse response) => response.OnCompleted(
        static state =>
        {
            ((IHostApplicationLifetime)state).StopApplication();
            return Task.CompletedTask;
        },
        lifetime);

    private async Task<Problem?> DrainOtherAsync(string address, CancellationToken cancellationToken)
    {
        if (directory?.Find(address) is not { } peer)
            return new Problem(StatusCodes.Status404NotFound, "unknown_node", $"there is no node '{Quoted.Text(address)}' in this cluster; GET /admin/stream names them");
        try
        {
            // Whichever run of it: one that has just taken a new incarnation is the same process.
            await peers!.CallAsync(peer with { Incarnation = "" }, NodeServices.Drain, default, cancellationToken);
            return null;
        }
        catch (PeerUnavailableException e)
        {
            return new Problem(StatusCodes.Status503ServiceUnavailable, "unanswered", $"the node was not drained, or did not say so: {e.Message}", RetryAfter: 1) { Unanswered = [address] };
        }
    }

    private static async Task AnswerAsync(HttpContext context, string? address)
    {
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        context.Response.ContentType = ContentTypes.Json;
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("status", "draining");
        if (address is not null)
            json.WriteString("node", address);
        json.WriteEndObject();
    }

    // Whoever sends one means something by it that would not be done.
    private static async Task<Problem?> FindBodyAsync(HttpContext context) =>
        await RequestBody.ReadAsync(context, limit: 0) is null ? Problem.BadRequest("malformed", "there is a body, and this endpoint takes none: how long a drain takes is set by Drain:Window") : null;
}
