using PushNode.Messages;
using PushNode.Storage;

namespace PushNode.Push;

/// <summary>
/// One channel on this node: its subscriptions and the order among its messages. A live message with the next seq is written to every live
/// subscription; an older one is a duplicate; one that leaves a gap waits until the gap is closed, by the message that was overtaken or from the store.
/// </summary>
internal sealed class ChannelFeed(Channel channel, PushMetrics metrics)
{
    /// <summary>How many messages may wait for a gap to close; more are dropped, the store has them.</summary>
    private const int MaxWaiting = 256;

    private SubscriptionSet live;

    // Those that are behind, and those that are still joining.
    private SubscriptionSet waitingRoom;
    private SortedList<long, Message>? waiting;
    private long delivered;
    private long newest;
    private ExpectedHead expected;
    private bool filling;
    private volatile bool orphaned;

    public Channel Channel { get; } = channel;

    /// <summary>How many subscriptions hold the channel on this node; changed under the channel's stripe.</summary>
    public int Holders { get; set; }

    /// <summary>The generation of the route table in which this node's route was written, 0 for none; changed under the channel's stripe.</summary>
    public long Routed { get; set; }

    /// <summary>Whether the feed has been given up, see <see cref="Orphan"/>.</summary>
    public bool IsOrphaned => orphaned;

    /// <summary>The last seq that was delivered here to live subscriptions; what was delivered is in the store.</summary>
    public long Delivered
    {
        get
        {
            lock (this)
                return delivered;
        }
    }

    /// <summary>Takes a subscription in whose place is still being found: it is sent nothing yet, but its connection can be closed.</summary>
    public void Take(Subscription subscription)
    {
        lock (this)
        {
            if (orphaned)
                subscription.State = SubscriptionState.Ended;
            else
                waitingRoom.Add(subscription);
        }
    }

    /// <summary>A subscription that was taken in has its position, from which it will read the store first.</summary>
    public void Attach(Subscription subscription)
    {
        lock (this)
        {
            if (subscription.State == SubscriptionState.Joining)
                subscription.State = SubscriptionState.Behind;
        }
    }

    /// <summary>
    /// Ends every subscription: the store has begun a new life, its seqs do not compare with those that were delivered here, and none of the two must ever meet.
    /// </summary>
    public void Orphan()
    {
        lock (this)
        {
            orphaned = true;
            End(ref live);
            End(ref waitingRoom);
            DropWaiting();
        }
    }

    public void Detach(Subscription subscription)
    {
        lock (this)
        {
            if (subscription.State == SubscriptionState.Ended)
                return;
            if (subscription.Index >= 0)
                RemoveFromList(subscription);
            subscription.State = SubscriptionState.Ended;
        }
    }

    /// <summary>Writes a message from the store to a subscription that is behind; <see cref="EnqueueResult.Closed"/> when it is not any more.</summary>
    public EnqueueResult Replay(Subscription subscription, Message message)
    {
        lock (this)
        {
            if (subscription.State != SubscriptionState.Behind)
                return EnqueueResult.Closed;
            EnqueueResult result = subscription.Connection.TryWrite(message, subscription);
            if (result is EnqueueResult.Queued or EnqueueResult.QueuedFirst)
                subscription.Position = message.Seq;
            return result;
        }
    }

    /// <summary>The store has nothing more for the subscription up to this seq: what is missing has expired.</summary>
    public void PassOver(Subscription subscription, long through)
    {
        lock (this)
        {
            if (subscription.State == SubscriptionState.Behind)
                subscription.Position = Math.Max(subscription.Position, through);
        }
    }

    /// <summary>
    /// The subscription's position, after any write that is under way: a client can have received, and acknowledged, a message before the thread that
    /// wrote it has noted it.
    /// </summary>
    public long PositionOf(Subscription subscription)
    {
        lock (this)
            return subscription.Position;
    }

    /// <summary>
    /// Makes a subscription live if it has everything that was delivered here; false when there is more to read. Since deliveries take the same lock,
    /// none can fall between the reading and the going live.
    /// </summary>
    /// <param name="subscription">One that is behind and has read the store to its end.</param>
    /// <param name="announce">Called once, in order between the last replayed and the first live message.</param>
    public bool TryGoLive(Subscription subscription, Action<Subscription> announce)
    {
        lock (this)
        {
            if (subscription.State != SubscriptionState.Behind)
                return true;
            if (live.Count > 0 ? subscription.Position < delivered : subscription.Position < newest)
                return false;
            if (live.Count == 0)
                delivered = newest = Math.Max(newest, subscription.Position);
            announce(subscription);
            RemoveFromList(subscription);
            subscription.State = SubscriptionState.Live;
            live.Add(subscription);
            return true;
        }
    }

    /// <summary>
    /// A message from dispatch. Returns true when the store must be asked for what is missing before it: the caller then runs <see cref="GapFill"/>.
    /// </summary>
    public bool Deliver(Message message, FlushList touched)
    {
        lock (this)
        {
            if (message.Ephemeral)
            {
                WriteEphemeral(message, touched);
                return false;
            }

            newest = Math.Max(newest, message.Seq);
            if (live.Count == 0 || message.Seq <= delivered)
            {
                message.Report?.Add(0);
                return false;
            }

            if (message.Seq > delivered + 1)
                return Wait(message);
            Write(message, touched);
            WriteWaiting(touched);
            return false;
        }
    }

    /// <summary>Where the gap begins that is to be filled: the last seq delivered; null when there is none any more, which ends the filling.</summary>
    public long? FindGap()
    {
        lock (this)
        {
            expected.Seek();
            if (live.Count > 0 && delivered < Math.Max(newest, expected.Seq))
                return delivered;
            filling = false;
            if (live.Count == 0)
                DropWaiting();
            return null;
        }
    }

    /// <summary>Takes what the store had for a gap; true when that moved the channel on.</summary>
    public bool Fill(in MessagePage page, FlushList touched)
    {
        lock (this)
        {
            long before = delivered;
            foreach (Message message in page.Messages)
            {
                if (live.Count > 0 && message.Seq > delivered)
                    Write(message, touched);
            }

            delivered = Math.Max(delivered, page.Through);
            newest = Math.Max(newest, delivered);
            if (page.Through >= page.Head)
                expected.Found(page.Head);
            WriteWaiting(touched);
            return delivered > before;
        }
    }

    /// <summary>
    /// A hint of the channel's head. A channel that has not got as far as the hint of the time before has missed a message: true when the caller must
    /// run <see cref="GapFill"/>. A hint that is behind, or lost (0), says nothing; one that the store has refuted is not looked into again.
    /// </summary>
    public bool Reconcile(long hint)
    {
        lock (this)
        {
            bool missed = delivered < expected.Seq;
            expected.Hint(hint);
            return StartFilling(missed);
        }
    }

    /// <summary>
    /// The channel's head as the store itself has it. What is missing is filled at once, though it may be on its way: true when the caller must
    /// run <see cref="GapFill"/>.
    /// </summary>
    public bool CatchUpTo(long head)
    {
        lock (this)
        {
            expected.Tell(head);
            return StartFilling(delivered < expected.Seq);
        }
    }

    /// <summary>Adds the channel's connections to <paramref name="target"/>.</summary>
    public void CopyConnections(List<Connection> target)
    {
        lock (this)
        {
            for (int i = 0; i < live.Count; i++)
                target.Add(live[i].Connection);
            for (int i = 0; i < waitingRoom.Count; i++)
                target.Add(waitingRoom[i].Connection);
        }
    }

    private bool StartFilling(bool missed)
    {
        if (!missed || filling || live.Count == 0)
            return false;
        filling = true;
        return true;
    }

    private void Write(Message message, FlushList touched)
    {
        int written = 0;
        // From the end, since a slow subscription leaves the list and the last one takes its place.
        for (int i = live.Count - 1; i >= 0; i--)
        {
            Subscription subscription = live[i];
            if (message.Seq <= subscription.Position)
                continue;
            EnqueueResult result = subscription.Connection.TryWrite(message, subscription);
            if (result is EnqueueResult.Full or EnqueueResult.Closed)
            {
                FallBehind(subscription);
                continue;
            }

            subscription.Position = message.Seq;
            written++;
            if (result == EnqueueResult.QueuedFirst)
                touched.Add(subscription.Connection);
        }

        delivered = message.Seq;
        Count(message, written);
    }

    private void WriteEphemeral(Message message, FlushList touched)
    {
        int written = WriteEphemeral(message, live, touched) + WriteEphemeral(message, waitingRoom, touched);
        Count(message, written);
    }

    private int WriteEphemeral(Message message, in SubscriptionSet set, FlushList touched)
    {
        int written = 0;
        for (int i = 0; i < set.Count; i++)
        {
            Subscription subscription = set[i];
            if (subscription.State == SubscriptionState.Joining)
                continue;
            EnqueueResult result = subscription.Connection.TryWrite(message, subscription);
            if (result == EnqueueResult.QueuedFirst)
                touched.Add(subscription.Connection);
            if (result is EnqueueResult.QueuedFirst or EnqueueResult.Queued)
                written++;
            else
                metrics.CountEphemeralDropped();
        }

        return written;
    }

    private void Count(Message message, int written)
    {
        if (written > 0)
            metrics.CountDelivered(message, written);
        message.Report?.Add(written);
    }

    private bool Wait(Message message)
    {
        waiting ??= [];
        if (waiting.Count == MaxWaiting || !waiting.TryAdd(message.Seq, message))
            message.Report?.Add(0);
        if (filling)
            return false;
        filling = true;
        return true;
    }

    private void WriteWaiting(FlushList touched)
    {
        while (waiting is { Count: > 0 } && waiting.Keys[0] <= delivered + 1)
        {
            Message next = waiting.Values[0];
            waiting.RemoveAt(0);
            if (next.Seq <= delivered || live.Count == 0)
                next.Report?.Add(0);
            else
                Write(next, touched);
        }

        if (waiting is { Count: 0 })
            waiting = null;
    }

    private void DropWaiting()
    {
        foreach (Message message in waiting?.Values ?? [])
            message.Report?.Add(0);
        waiting = null;
    }

    private void FallBehind(Subscription subscription)
    {
        RemoveFromList(subscription);
        subscription.State = SubscriptionState.Behind;
        waitingRoom.Add(subscription);
        metrics.FellBehind.Add(1);
        subscription.Connection.CatchUp();
    }

    private static void End(ref SubscriptionSet set)
    {
        for (int i = 0; i < set.Count; i++)
        {
            set[i].State = SubscriptionState.Ended;
            set[i].Index = -1;
        }

        set.Clear();
    }

    private void RemoveFromList(Subscription subscription)
    {
        if (subscription.State == SubscriptionState.Live)
            live.Remove(subscription);
        else
            waitingRoom.Remove(subscription);
    }
}
