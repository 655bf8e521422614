namespace PushNode.Peers;

/// <summary>A request of another node that has been let in.</summary>
/// <param name="context">The request.</param>
/// <param name="from">The caller's address, as it says.</param>
/// <param name="body">Its whole body; valid until the call has been answered.</param>
internal sealed class PeerCall(HttpContext context, string from, ReadOnlyMemory<byte> body)
{
    /// <summary>The caller's address, as it says; for logs.</summary>
    public string From { get; } = from;

    /// <summary>Its whole body; valid until the call has been answered.</summary>
    public ReadOnlyMemory<byte> Body { get; } = body;

    /// <summary>The caller does not wait any more.</summary>
    public CancellationToken Aborted => context.RequestAborted;

    /// <summary>Sends the next part of the answer; most answers have one.</summary>
    public async ValueTask AnswerAsync(ReadOnlyMemory<byte> part) => await context.Response.BodyWriter.WriteAsync(part, context.RequestAborted);

    /// <summary>Answers, before anything else was, that it cannot be done now, and why.</summary>
    public Task AnswerUnavailableAsync(string reason)
    {
        context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        return context.Response.WriteAsync(reason, context.RequestAborted);
    }
}
