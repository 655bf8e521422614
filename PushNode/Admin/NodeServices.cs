using Microsoft.Extensions.Hosting;
using PushNode.Admin.Status;
using PushNode.Peers;

namespace PushNode.Admin;

/// <summary>What a node of a cluster answers the others that are asked about it: how it is, and that it goes.</summary>
internal sealed class NodeServices(SelfStatus self, IHostApplicationLifetime lifetime, ILogger<NodeServices> logger) : IPeerService
{
    public const string Drain = "/node/drain";

    public IEnumerable<KeyValuePair<string, Func<PeerCall, Task>>> Routes =>
    [
        new(StatusProtocol.Path, TellAsync),
        new(Drain, DrainAsync),
    ];

    private async Task TellAsync(PeerCall call)
    {
        (long run, long number) = StatusProtocol.ReadAsk(call.Body.Span);
        await call.AnswerAsync(StatusProtocol.Tell(self.Tell(run, number)).Written);
    }

    private async Task DrainAsync(PeerCall call)
    {
        AdminLog.DrainAsked(logger, call.From);
        await call.AnswerAsync("draining"u8.ToArray());
        lifetime.StopApplication();
    }
}
