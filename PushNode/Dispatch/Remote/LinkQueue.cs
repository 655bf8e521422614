using PushNode.Messages;
using PushNode.Peers;

namespace PushNode.Dispatch.Remote;

/// <summary>
/// What waits for one node: first in, first out, bounded in messages, bytes and time. What finds no room is dropped, and for what is in the store the node is owed a hint to
/// look there.
/// </summary>
internal sealed class LinkQueue(ClusterOptions options)
{
    private const int KeptCapacity = 4096;

    private readonly Queue<Queued> waiting = [];
    private readonly Lock gate = new();
    private readonly System.Threading.Channels.Channel<bool> filled = System.Threading.Channels.Channel.CreateBounded<bool>(
        new System.Threading.Channels.BoundedChannelOptions(1) { FullMode = System.Threading.Channels.BoundedChannelFullMode.DropWrite, SingleReader = true });

    private long bytes;
    private long dropped;
    private bool closed;

    /// <summary>How many stored messages have been dropped for the node so far.</summary>
    public long Dropped => Volatile.Read(ref dropped);

    /// <summary>Puts messages in line, as far as there is room. One that finds nothing in line is taken whatever its size.</summary>
    /// <param name="batch">Messages whose frames are built; the list is the caller's again.</param>
    /// <param name="now">A timestamp of the clock.</param>
    public void Add(IReadOnlyList<Message> batch, long now)
    {
        int added = 0;
        lock (gate)
        {
            for (int i = 0; i < batch.Count; i++)
            {
                Message message = batch[i];
                int size = MessageEntry.SizeOf(message);
                if (closed)
                    DispatchMetrics.GiveUp(message, DropReason.Gone);
                else if (waiting.Count > 0 && (waiting.Count >= options.MaxQueuedMessages || bytes + size > options.MaxQueuedBytes))
                    Drop(message, DropReason.Full);
                else
                {
                    waiting.Enqueue(new Queued(message, now));
                    bytes += size;
                    added++;
                }
            }
        }

        DispatchMetrics.Queued.Add(added);
        filled.Writer.TryWrite(true);
    }

    /// <summary>The node must look into the store for this many messages.</summary>
    public void Owe(int messages)
    {
        if (messages == 0)
            return;
        Interlocked.Add(ref dropped, messages);
        filled.Writer.TryWrite(true);
    }

    /// <summary>Waits until something is in line; false when it is closed and nothing is.</summary>
    public async ValueTask<bool> WaitAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            lock (gate)
            {
                if (waiting.Count > 0 || closed)
                    return waiting.Count > 0;
            }

            await filled.Reader.ReadAsync(cancellationToken);
        }
    }

    /// <summary>Moves what is in line into the parcel, as far as it fits.</summary>
    public void Take(Parcel parcel)
    {
        int taken = 0;
        lock (gate)
        {
            while (waiting.TryPeek(out Queued next) && parcel.TryAdd(next))
            {
                Dequeue();
                taken++;
            }

            if (waiting.Count == 0 && waiting.Capacity > KeptCapacity)
                waiting.TrimExcess();
        }

        DispatchMetrics.Queued.Add(-taken);
    }

    /// <summary>Gives up what has waited since before a moment.</summary>
    public void DropExpired(long before)
    {
        int expired = 0;
        lock (gate)
        {
            while (waiting.TryPeek(out Queued next) && next.Since < before)
            {
                Drop(Dequeue().Message, DropReason.Expired);
                expired++;
            }
        }

        DispatchMetrics.Queued.Add(-expired);
    }

    /// <summary>Takes nothing more; what is in line can still be taken out.</summary>
    public void Close()
    {
        lock (gate)
            closed = true;
        filled.Writer.TryWrite(true);
    }

    /// <summary>Takes nothing more, and gives up what is in line.</summary>
    public void End()
    {
        int count;
        lock (gate)
        {
            closed = true;
            count = waiting.Count;
            while (waiting.Count > 0)
                Drop(Dequeue().Message, DropReason.Gone);
        }

        DispatchMetrics.Queued.Add(-count);
    }

    private Queued Dequeue()
    {
        Queued queued = waiting.Dequeue();
        bytes -= MessageEntry.SizeOf(queued.Message);
        return queued;
    }

    private void Drop(Message message, string reason)
    {
        if (DispatchMetrics.GiveUp(message, reason))
            Interlocked.Increment(ref dropped);
    }
}
