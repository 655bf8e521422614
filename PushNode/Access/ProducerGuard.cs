using PushNode.Diagnostics;

namespace PushNode.Access;

/// <summary>What every producer endpoint asks before it does anything: is this a foreign web page, and does it have an API key, or the admin key?</summary>
internal sealed class ProducerGuard(ApiKeys keys, AdminKey admin)
{
    private const string KeyHeader = "X-Api-Key";

    /// <summary>No API key is configured: every request from this machine is let in.</summary>
    public bool IsOpen => keys.IsOpen;

    /// <summary>How many different producers can be told apart: one for each key; at least one.</summary>
    public int Producers => Math.Max(1, keys.Count + (admin.IsSet ? 1 : 0));

    /// <summary>Why the request is refused (401, 403); null when it may go on.</summary>
    public Problem? Check(HttpContext context) => Check(context, out _);

    /// <inheritdoc cref="Check(HttpContext)"/>
    /// <param name="context">The request.</param>
    /// <param name="producer">Which key it came with, from 0 and below <see cref="Producers"/>; 0 when none is needed, the last one for the admin key.</param>
    public Problem? Check(HttpContext context, out int producer)
    {
        producer = 0;
        if (RequestOrigin.CheckOrigin(context.Request) is { } foreign)
            return foreign;
        if (keys.IsOpen)
            return RequestOrigin.CheckLoopbackHost(context.Request);

        string presented = BearerToken.Find(context.Request) ?? context.Request.Headers[KeyHeader].ToString().Trim();
        if (presented.Length == 0)
            return Problem.Unauthorized("this endpoint needs an API key, as \"Authorization: Bearer <key>\" or \"X-Api-Key: <key>\"");
        producer = keys.Find(presented);
        if (producer < 0 && admin.IsRight(presented))
            producer = keys.Count;
        return producer >= 0 ? null : Problem.Unauthorized("the API key is not one of this node's");
    }
}
