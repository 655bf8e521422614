using PushNode.Cluster;
using PushNode.Messages;
using PushNode.Push;

namespace PushNode.Dispatch;

/// <summary>
/// Looks the routes of a whole batch up at once, groups the messages by node and delivers each node its part. Routes are looked up for
/// every batch: a cached one could miss a device that has just connected.
/// </summary>
internal sealed class Dispatcher(IRouteTable routes, IDeliveries deliveries) : IDispatcher
{
    private RoutedBatch? spare;

    public async ValueTask DispatchAsync(IReadOnlyList<Message> batch, CancellationToken cancellationToken)
    {
        RoutedBatch routed = Interlocked.Exchange(ref spare, null) ?? new RoutedBatch();
        await routes.LookupAsync(batch, routed, cancellationToken);
        foreach ((string address, List<Message> messages) in routed.ByNode)
        {
            if (messages.Count == 0)
                continue;
            if (deliveries.Find(address) is { } delivery)
                await delivery.DeliverAsync(messages, cancellationToken);
            else
                ReportNone(messages);
        }

        routed.Clear();
        spare = routed;
    }

    public async ValueTask<IReadOnlyList<ConnectionDetails>> FindConnectionsAsync(string userId, CancellationToken cancellationToken)
    {
        var asked = new List<Task<IReadOnlyList<ConnectionDetails>>>();
        foreach (IDelivery delivery in await HoldersAsync(userId, cancellationToken))
            asked.Add(delivery.FindConnectionsAsync(userId, cancellationToken).AsTask());
        return [.. (await Task.WhenAll(asked)).SelectMany(static found => found)];
    }

    public async ValueTask<int> DisconnectAsync(string userId, string? device, CancellationToken cancellationToken)
    {
        var asked = new List<Task<int>>();
        foreach (IDelivery delivery in await HoldersAsync(userId, cancellationToken))
            asked.Add(delivery.DisconnectAsync(userId, device, cancellationToken).AsTask());
        return (await Task.WhenAll(asked)).Sum();
    }

    public async ValueTask AnnounceRevocationAsync(string userId, long before, CancellationToken cancellationToken)
    {
        // Every node, not only the holders: a client may be joining somewhere at this moment.
        var told = new List<Task>();
        foreach (IDelivery delivery in deliveries.All)
            told.Add(delivery.RevokeAsync(userId, before, cancellationToken).AsTask());
        await Task.WhenAll(told);
    }

    private async ValueTask<IEnumerable<IDelivery>> HoldersAsync(string userId, CancellationToken cancellationToken) =>
        (await routes.LookupAsync(Channel.User(userId), cancellationToken)).Select(deliveries.Find).OfType<IDelivery>();

    // The node has gone since the lookup; what is stored waits for its clients where they come back.
    private static void ReportNone(List<Message> messages)
    {
        foreach (Message message in messages)
            message.Report?.Add(0);
    }
}
