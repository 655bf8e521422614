using PushNode.Access;
using PushNode.Diagnostics;
using PushNode.Transport;

namespace PushNode.Collect;

/// <summary>
/// <c>POST /collect</c> as nearly all programs send it, answered without the web server (<see cref="CollectEndpoint"/>): most of what a single message costs is the web
/// server's way to read a request. What is not usual goes there.
/// </summary>
internal sealed class CollectSocket(ProducerGuard guard, Intake intake, Batcher batcher, CollectMetrics metrics, ILogger<CollectSocket> logger) : IPosts
{
    public bool TryTake(PostConnection connection, in PostRequest request)
    {
        if (!request.Path.SequenceEqual("/collect"u8) || !request.Query.IsEmpty || !ContentTypes.IsUsualJson(request.ContentType) || request.Body.Length > intake.BodyLimit)
            return false;
        int producer = guard.Find(request.Host, request.Authorization, request.ApiKey);
        if (producer < 0)
            return false;
        connection.Accept();
        var exchange = (CollectExchange)(connection.State ??= new CollectExchange(connection, new Posting(intake, batcher), metrics, logger));
        exchange.Begin(request.Body, new Producer(producer, Waits: false));
        return true;
    }
}
