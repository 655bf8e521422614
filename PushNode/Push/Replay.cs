using PushNode.Cluster;
using PushNode.Messages;
using PushNode.Storage;

namespace PushNode.Push;

/// <summary>
/// Brings a connection's subscriptions that are behind up to date from the store, at the pace of its socket: a page is read when the outbox has room for it.
/// One run per connection at a time takes its subscriptions in turn, a page each.
/// </summary>
internal sealed class Replay(IMessageStore store, Revocations revocations, PushMetrics metrics, TimeProvider time, ILogger<Replay> logger)
{
    /// <summary>Frames asked of the store at a time, in bytes: no more than half of the smallest outbox.</summary>
    public const int PageBytes = 32 * 1024;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Runs until no subscription of the connection is behind, or it is closed. Does not throw.</summary>
    public async Task RunAsync(Connection connection)
    {
        try
        {
            while (connection.TakeBehind() is { } subscription)
            {
                if (await AdvanceAsync(subscription) || connection.IsClosed)
                    continue;
                connection.Flush();
                await Task.Delay(Pause, time);
            }

            connection.Flush();
        }
        catch (Exception e)
        {
            PushLog.Failed(logger, $"A replay to {connection.UserId}", e);
            connection.Close(CloseCode.InternalError, "the node failed to read your messages");
        }
    }

    /// <summary>Writes one page and goes live if that was the last one; false when the store had nothing to give.</summary>
    private async Task<bool> AdvanceAsync(Subscription subscription)
    {
        Connection connection = subscription.Connection;
        await FlushAndWaitAsync(connection, connection.Outbox.WaitForRoomAsync());
        MessagePage page;
        try
        {
            ValueTask<MessagePage> reading = store.ReadAsync(subscription.Channel, subscription.Position, PageBytes, CancellationToken.None);
            if (!reading.IsCompleted)
                connection.Flush();
            page = await reading;
        }
        catch (StoreUnavailableException e)
        {
            PushLog.StoreAway(logger, $"a replay to {connection.UserId}", e.Message);
            return false;
        }

        await FlushAndWaitAsync(connection, revocations.CatchUpAsync());
        int written = 0;
        while (written < page.Messages.Count && await WriteAsync(page.Messages[written], subscription))
            written++;
        metrics.CountReplayed(written);
        if (written < page.Messages.Count)
            return true;

        bool moved = page.Messages.Count > 0 || page.Through > subscription.Position;
        subscription.Feed.PassOver(subscription, page.Through);
        bool live = page.Through >= page.Head && subscription.Feed.TryGoLive(subscription, Announce);
        if (written > 0)
            connection.Flush();
        // A store that does not have yet what was delivered already is asked again, but not at once.
        return moved || live;
    }

    // What was put in for one subscription leaves with what comes next for another, unless that has to be waited for.
    private static Task FlushAndWaitAsync(Connection connection, Task task)
    {
        if (!task.IsCompleted)
            connection.Flush();
        return task;
    }

    // False when the subscription, or its connection, has ended meanwhile: nothing of it is written any more.
    private static async ValueTask<bool> WriteAsync(Message message, Subscription subscription)
    {
        Connection connection = subscription.Connection;
        while (true)
        {
            switch (subscription.Feed.Replay(subscription, message))
            {
                case EnqueueResult.Closed:
                    return false;
                case EnqueueResult.Full:
                    connection.Flush();
                    // An empty outbox with an open window takes a message of any size.
                    await connection.Outbox.WaitUntilEmptyAsync();
                    await connection.Outbox.WaitForRoomAsync();
                    break;
                default:
                    return true;
            }
        }
    }

    private static void Announce(Subscription subscription)
    {
        if (subscription.Announced)
            return;
        subscription.Announced = true;
        subscription.Connection.Enqueue(ServerFrame.Live(subscription.Channel, subscription.Position));
    }
}
