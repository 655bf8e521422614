using PushNode.Cluster;
using PushNode.Messages;
using PushNode.Push;

namespace PushNode.Dispatch;

/// <summary>
/// Looks the routes of a whole batch up at once, groups the messages by node and delivers each node its part. Routes are looked up for
/// every batch: a cached one could miss a device that has just connected.
/// </summary>
internal sealed class Dispatcher(IRouteTable routes, IDelivery here) : IDispatcher
{
    private RoutedBatch? spare;

    public async ValueTask DispatchAsync(IReadOnlyList<Message> batch, CancellationToken cancellationToken)
    {
        RoutedBatch routed = Interlocked.Exchange(ref spare, null) ?? new RoutedBatch();
        await routes.LookupAsync(batch, routed, cancellationToken);
        foreach (List<Message> messages in routed.ByNode.Values)
        {
            if (messages.Count > 0)
                await here.DeliverAsync(messages, cancellationToken);
        }

        routed.Clear();
        spare = routed;
    }

    public ValueTask<IReadOnlyList<ConnectionDetails>> FindConnectionsAsync(string userId, CancellationToken cancellationToken) =>
        here.FindConnectionsAsync(userId, cancellationToken);

    public ValueTask<int> DisconnectAsync(string userId, string? device, CancellationToken cancellationToken) =>
        here.DisconnectAsync(userId, device, cancellationToken);
}
