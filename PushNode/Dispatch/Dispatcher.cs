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
    /// <summary>What callers know the route table as.</summary>
    private const string RouteTable = "redis";

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

    public async ValueTask<NodeAnswers<IReadOnlyList<ConnectionDetails>>> FindConnectionsAsync(string userId, CancellationToken cancellationToken)
    {
        NodeAnswers<IReadOnlyList<ConnectionDetails>[]> found = await AskHoldersAsync(userId, d => d.FindConnectionsAsync(userId, cancellationToken), cancellationToken);
        return new([.. found.Known.SelectMany(static connections => connections)], found.Unanswered);
    }

    public async ValueTask<NodeAnswers<int>> DisconnectAsync(string userId, string? device, CancellationToken cancellationToken)
    {
        NodeAnswers<int[]> closed = await AskHoldersAsync(userId, d => d.DisconnectAsync(userId, device, cancellationToken), cancellationToken);
        return new(closed.Known.Sum(), closed.Unanswered);
    }

    public async ValueTask<IReadOnlyList<string>> AnnounceRevocationAsync(string userId, long before, CancellationToken cancellationToken)
    {
        // Every node, not only the holders: a client may be joining somewhere at this moment.
        var told = new List<Task<IReadOnlyList<string>>>();
        foreach (IDelivery delivery in deliveries.All)
            told.Add(delivery.RevokeAsync(userId, before, cancellationToken).AsTask());
        return WithTable((await Task.WhenAll(told)).SelectMany(static untold => untold), routes.IsReachable);
    }

    private async ValueTask<NodeAnswers<T[]>> AskHoldersAsync<T>(string userId, Func<IDelivery, ValueTask<NodeAnswers<T>>> ask, CancellationToken cancellationToken)
    {
        Holders holders = await routes.LookupAsync(Channel.User(userId), cancellationToken);
        NodeAnswers<T>[] answers = await Task.WhenAll(holders.Addresses.Select(deliveries.Find).OfType<IDelivery>().Select(d => ask(d).AsTask()));
        return new([.. answers.Select(static a => a.Known)], WithTable(answers.SelectMany(static a => a.Unanswered), holders.AreAll));
    }

    // Without the table there may be nodes that this one does not know.
    private static string[] WithTable(IEnumerable<string> unanswered, bool hasAnswered) => [.. hasAnswered ? unanswered : unanswered.Append(RouteTable)];

    // The node has gone since the lookup; what is stored waits for its clients where they come back.
    private static void ReportNone(List<Message> messages)
    {
        foreach (Message message in messages)
            message.Report?.Add(0);
    }
}
