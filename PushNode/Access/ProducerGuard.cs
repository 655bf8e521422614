using System.Text;
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
        producer = Find(presented);
        return producer >= 0 ? null : Problem.Unauthorized("the API key is not one of this node's");
    }

    /// <summary>Which key a request came with that no page has sent; -1 when it is to be refused, which <see cref="Check(HttpContext)"/> does.</summary>
    /// <param name="host">Its host, without the port.</param>
    /// <param name="authorization">Its header of that name; empty when there is none.</param>
    /// <param name="apiKey">Its header of that name; empty when there is none.</param>
    public int Find(ReadOnlySpan<byte> host, ReadOnlySpan<byte> authorization, ReadOnlySpan<byte> apiKey)
    {
        if (keys.IsOpen)
            return LoopbackHost.Is(host) ? 0 : -1;
        string? presented = authorization.IsEmpty ? null : BearerToken.Of(Encoding.ASCII.GetString(authorization));
        presented ??= Encoding.ASCII.GetString(apiKey);
        return presented.Length == 0 ? -1 : Find(presented);
    }

    private int Find(string presented)
    {
        int producer = keys.Find(presented);
        return producer < 0 && admin.IsRight(presented) ? keys.Count : producer;
    }
}
