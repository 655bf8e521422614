using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Hosting;
using PushNode.Access;
using PushNode.Diagnostics;

namespace PushNode.Collect;

/// <summary><c>POST /collect/batch</c>: a request a line, an answer a line, in order and while more lines are sent. Blank lines are counted and passed over.</summary>
internal sealed class CollectBatchEndpoint(ProducerGuard guard, Intake intake, Batcher batcher, DeliveryWait deliveries, CollectMetrics metrics, IHostApplicationLifetime lifetime)
{
    public async Task HandleAsync(HttpContext context)
    {
        bool waits = false;
        Problem? refused = guard.Check(context, out int key) ?? ContentTypes.CheckNdJson(context.Request) ?? CollectQuery.Read(context.Request, out waits);
        if (refused is not null)
        {
            metrics.CountRefused(refused.Code);
            await refused.WriteAsync(context);
            return;
        }

        // A stream may be as long as it likes and pause as long as it likes.
        RequestBody.LiftServerLimit(context);
        if (context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        context.Response.ContentType = ContentTypes.NdJson;
        await new BatchStream(context, new Producer(key, waits), intake, batcher, deliveries, metrics).RunAsync(lifetime.ApplicationStopping);
    }
}
