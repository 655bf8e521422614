using PushNode.Messages;
using PushNode.Peers;

namespace PushNode.Dispatch.Remote;

/// <summary>
/// What waits for one node, or for any that dispatches: first in, first out, bounded in messages, bytes and time. What finds no room is dropped, and for what is in the store the node is owed a hint to
/// look there.
/// </summary>
internal sealed class LinkQueue(ClusterOptions options, DispatchMetrics metrics)
{
    private const int KeptCapacity = 4096;

    private readonly Queue<Queued> waiting = [];
    private readonly Lock gate = new();
    private readonly System.Threading.Channels.Channel<bool> filled = System.Threading.Channels.Channel.CreateBounded<bool>(
        new System.Threading.Channels.BoundedChannelOptions(1) { FullMode = System.Threading.Channels.BoundedChannelFullMode.DropWrite, SingleReader = true });

    private long bytes;
    private long dropped;
    private TaskCompletionSource? room;
    private volatile bool closed;

    /// <summary>How many stored messages have been dropped for the node so far.</summary>
    public long Dropped => Volatile.Read(ref dropped);

    /// <summary>Done when messages have been taken out after this was asked.</summary>
    public Task Room
    {
        get
        {
            lock (gate)
                return (room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }
    }

    /// <summary>Puts messages in line, as far as there is room, and drops the others. One that finds nothing in line is taken whatever its size.</summary>
    /// <param name="batch">Messages whose frames are built; the list is the caller's again.</param>
    /// <param name="now">A timestamp of the clock.</param>
    public void Add(IReadOnlyList<Message> batch, long now) => Drop(batch, TryAdd(batch, 0, now));

    /// <summary>Puts messages in line, from one of the batch on, up to the first that finds no room; returns its index.</summary>
    public int TryAdd(IReadOnlyList<Message> batch, int from, long now)
    {
        int next = from;
        lock (gate)
        {
            for (; next < batch.Count && !closed; next++)
            {
                int size = MessageEntry.SizeOf(batch[next]);
                if (waiting.Count > 0 && (waiting.Count >= options.MaxQueuedMessages || bytes + size > options.MaxQueuedBytes))
                    break;
                waiting.Enqueue(new Queued(batch[next], now));
                bytes += size;
            }
        }

        metrics.Queued.Add(next - from);
        filled.Writer.TryWrite(true);
        return next;
    }

    /// <summary>Gives up the messages of a batch from one on, which found no room.</summary>
    public void Drop(IReadOnlyList<Message> batch, int from)
    {
        for (int i = from; i < batch.Count; i++)
        {
            if (closed)
                metrics.GiveUp(batch[i], DropReason.Gone);
            else
                Drop(batch[i], DropReason.Full);
        }
    }

    /// <summary>The node must look into the store for this many messages.</summary>
    public void Owe(int messages)
    {
        if (messages == 0)
            return;
        Interlocked.Add(ref dropped, messages);
        filled.Writer.TryWrite(true);
    }

    /// <summary>Waits until something is in line, or the node is owed a hint; false when it is closed and neither is so.</summary>
    /// <param name="told">Of how many dropped messages the node knows; null where none is told of them.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<bool> WaitAsync(long? told, CancellationToken cancellationToken)
    {
        while (true)
        {
            lock (gate)
            {
                bool hasWork = waiting.Count > 0 || (told is not null && Dropped != told);
                if (hasWork || closed)
                    return hasWork;
            }

            await filled.Reader.ReadAsync(cancellationToken);
        }
    }

    /// <summary>Moves what is in line into the parcel, as far as it fits.</summary>
    public void Take(Parcel parcel)
    {
        int taken = 0;
        TaskCompletionSource? awaited;
        lock (gate)
        {
            while (waiting.TryPeek(out Queued next) && parcel.TryAdd(next))
            {
                Dequeue();
                taken++;
            }

            if (waiting.Count == 0 && waiting.Capacity > KeptCapacity)
                waiting.TrimExcess();
            awaited = room;
            room = null;
        }

        awaited?.SetResult();
        metrics.Queued.Add(-taken);
    }

    /// <summary>Gives up what has waited for longer than it may: of the parcel, and in line.</summary>
    public void DropExpired(Parcel parcel, TimeProvider time)
    {
        long before = time.GetTimestamp() - (long)(options.MaxQueuedTime.TotalSeconds * time.TimestampFrequency);
        Owe(parcel.DropExpired(before));
        int expired = 0;
        lock (gate)
        {
            while (waiting.TryPeek(out Queued next) && next.Since < before)
            {
                Drop(Dequeue().Message, DropReason.Expired);
                expired++;
            }
        }

        metrics.Queued.Add(-expired);
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

        metrics.Queued.Add(-count);
    }

    private Queued Dequeue()
    {
        Queued queued = waiting.Dequeue();
        bytes -= MessageEntry.SizeOf(queued.Message);
        return queued;
    }

    private void Drop(Message message, string reason)
    {
        if (metrics.GiveUp(message, reason))
            Interlocked.Increment(ref dropped);
    }
}
