using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http.Features;

namespace PushNode.Diagnostics;

/// <summary>Reads a body of limited length, whatever its framing.</summary>
internal static class RequestBody
{
    /// <summary>The whole body, still in the reader's buffers (the caller advances it); null when it is longer than the limit.</summary>
    public static async ValueTask<ReadOnlySequence<byte>?> ReadAsync(HttpContext context, int limit)
    {
        LiftServerLimit(context);
        if (context.Request.ContentLength > limit)
            return null;

        PipeReader body = context.Request.BodyReader;
        while (true)
        {
            ReadResult result = await body.ReadAsync(context.RequestAborted);
            if (result.Buffer.Length > limit)
            {
                body.AdvanceTo(result.Buffer.End);
                return null;
            }

            if (result.IsCompleted)
                return result.Buffer;
            body.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }
    }

    /// <summary>The limits here are ours, which name the setting; the server's is for endpoints that have none.</summary>
    public static void LiftServerLimit(HttpContext context)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } feature)
            feature.MaxRequestBodySize = null;
    }
}
