using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace PushNode.Diagnostics;

/// <summary>A client may be slow: the web server's own limits on that are for requests, not for streams that live for days. The outbox has its own.</summary>
internal static class SlowClients
{
    public static void Allow(HttpContext context)
    {
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } request)
            request.MinDataRate = null;
        if (context.Features.Get<IHttpMinResponseDataRateFeature>() is { } response)
            response.MinDataRate = null;
    }
}
