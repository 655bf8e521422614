using PushNode.Transport;

namespace PushNode.Push;

/// <summary>
/// What waits to be written to one connection, bounded in bytes. There is no writer task: whoever puts the first frame in starts the writing, which
/// goes on until nothing waits. Frames that come while a write is under way leave together in the next one.
/// </summary>
/// <param name="output">The transport.</param>
/// <param name="limit">How many bytes may wait.</param>
/// <param name="time">The clock.</param>
/// <param name="window">
/// How many bytes may be under way to a client that proves by pongs what has arrived. What the system has taken may lie in its buffers and the client's,
/// megabytes in front of the next ping: a slow client that is sent no more than this at a time answers in time.
/// </param>
internal sealed class Outbox(IOutput output, int limit, TimeProvider time, long window = long.MaxValue)
{
    /// <summary>Bytes given to the socket at a time: small enough that a slow but living socket makes visible progress.</summary>
    private const int WriteBytes = 32 * 1024;

    [ThreadStatic]
    private static byte[]? scratch;

    private FrameQueue queue;
    private TaskCompletionSource? room;
    private TaskCompletionSource? empty;
    private int pendingBytes;
    private int waitingControl;
    private long entered;
    private long pinged;
    private long proved;
    private bool writing;
    private bool last;
    private bool closed;
    private long writeStarted;
    private long lastTaken;

    /// <summary>Bytes that wait or are being written.</summary>
    public int PendingBytes => Volatile.Read(ref pendingBytes);

    /// <summary>Since when a write has been waiting for the socket, as a timestamp of the clock; 0 while none is.</summary>
    public long WriteStarted => Volatile.Read(ref writeStarted);

    /// <summary>
    /// When a full socket last took something, as a timestamp of the clock; 0 while it never was full. It shows that somebody reads, which a write that
    /// the system merely buffers does not.
    /// </summary>
    public long LastTaken => Volatile.Read(ref lastTaken);

    /// <summary>Bytes put in whose arrival is not proved.</summary>
    public long UnprovedBytes => Volatile.Read(ref entered) - Volatile.Read(ref proved);

    /// <summary>Whether so much is unproved that a ping should go out, before the window is full.</summary>
    public bool WantsPing => UnprovedBytes >= window / 2;

    /// <summary>
    /// Puts a frame in. An empty outbox with an open window takes a frame of any size, so that no message is too large to be delivered.
    /// </summary>
    /// <param name="frame">Must not change afterwards.</param>
    /// <param name="kind">What it is, which decides how much room there is for it.</param>
    public EnqueueResult TryEnqueue(ReadOnlyMemory<byte> frame, FrameKind kind = FrameKind.Durable)
    {
        lock (this)
        {
            if (closed || last)
                return EnqueueResult.Closed;
            if (IsFullFor(frame.Length, kind))
                return EnqueueResult.Full;
            pendingBytes += frame.Length;
            Volatile.Write(ref entered, entered + frame.Length);
            if (kind is FrameKind.Control or FrameKind.Ping)
                waitingControl += frame.Length;
            if (kind == FrameKind.Ping)
                pinged = entered;
            queue.Add(frame);
            return queue.Count == 1 && !writing ? EnqueueResult.QueuedFirst : EnqueueResult.Queued;
        }
    }

    /// <summary>Puts the connection's last frame in, whatever waits; every later one is refused as <see cref="EnqueueResult.Closed"/>.</summary>
    public EnqueueResult EnqueueLast(ReadOnlyMemory<byte> frame)
    {
        lock (this)
        {
            if (closed || last)
                return EnqueueResult.Closed;
            last = true;
            pendingBytes += frame.Length;
            queue.Add(frame);
            return queue.Count == 1 && !writing ? EnqueueResult.QueuedFirst : EnqueueResult.Queued;
        }
    }

    /// <summary>The newest ping has been answered: everything that was put in before it has arrived.</summary>
    public void Prove() => ProveUpTo(everything: false);

    /// <summary>Takes everything as arrived, for a client that is there and does not answer pings: the window is not for it.</summary>
    public void OpenWindow() => ProveUpTo(everything: true);

    /// <summary>Completes when at most half of the limit is pending and the window is open, or the outbox is closed.</summary>
    public Task WaitForRoomAsync()
    {
        lock (this)
        {
            if (closed || last || HasRoom)
                return Task.CompletedTask;
            room ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return room.Task;
        }
    }

    /// <summary>Completes when all that was put in has been given to the transport, or the outbox is closed.</summary>
    public Task WaitUntilEmptyAsync()
    {
        lock (this)
        {
            if (closed || pendingBytes == 0)
                return Task.CompletedTask;
            empty ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return empty.Task;
        }
    }

    /// <summary>Takes no more frames, drops those that wait and lets waiters go. What is being written is left to the transport.</summary>
    public void Close()
    {
        lock (this)
        {
            closed = true;
            pendingBytes = 0;
            queue.Release();
        }

        room?.TrySetResult();
        empty?.TrySetResult();
    }

    /// <summary>
    /// Writes until nothing waits; at once returns when somebody else is already at it. Completes with false when the socket is gone. Nothing is made for it
    /// while the transport takes everything at once.
    /// </summary>
    public ValueTask<bool> FlushAsync()
    {
        var batch = default(FrameBatch);
        lock (this)
        {
            if (writing || !TakeQueue(ref batch))
                return new(true);
        }

        try
        {
            return WriteOn(ref batch, out ValueTask<bool> pending) is { } isOpen ? new(isOpen) : WaitAndWriteOnAsync(pending, batch);
        }
        catch (Exception e) when (IsEndOfTransport(e))
        {
            return new(false);
        }
    }

    // Under the lock.
    private bool HasRoom => pendingBytes <= limit / 2 && UnprovedBytes < window;

    private void ProveUpTo(bool everything)
    {
        TaskCompletionSource? waiter = null;
        lock (this)
        {
            Volatile.Write(ref proved, everything ? entered : pinged);
            if (HasRoom)
                (waiter, room) = (room, null);
        }

        waiter?.TrySetResult();
    }

    private bool IsFullFor(int length, FrameKind kind) => kind switch
    {
        // What may be dropped must not take the room that what is promised is waiting for.
        FrameKind.Ephemeral when room is not null || empty is not null => true,
        // Whatever else waits: behind a message of any size there is room for what is said of it.
        FrameKind.Control or FrameKind.Ping => pendingBytes > 0 && waitingControl + length > limit / 2,
        _ => UnprovedBytes >= window || (pendingBytes > 0 && pendingBytes + length > limit),
    };

    // The transport has ended under the write: the reader sees it too and ends the connection.
    private static bool IsEndOfTransport(Exception e) => e is IOException or InvalidOperationException or OperationCanceledException;

    // Under the lock. Leaving "writing" and finding nothing is one step: a frame that comes now is somebody's first.
    private bool TakeQueue(ref FrameBatch batch)
    {
        batch = new FrameBatch(queue);
        queue = default;
        waitingControl = 0;
        writing = batch.HasMore;
        return writing;
    }

    // Until nothing waits any more (true), the transport has ended (false) or has to be waited for (null).
    private bool? WriteOn(ref FrameBatch batch, out ValueTask<bool> pending)
    {
        do
        {
            ValueTask<bool> write = WriteNext(ref batch);
            if (!write.IsCompleted)
            {
                pending = write;
                return null;
            }

            pending = default;
            if (write.Result)
                continue;
            batch.Release();
            return false;
        }
        while (SettleAndTake(ref batch));
        return true;
    }

    private async ValueTask<bool> WaitAndWriteOnAsync(ValueTask<bool> pending, FrameBatch batch)
    {
        try
        {
            bool? isOpen;
            do
            {
                Volatile.Write(ref writeStarted, time.GetTimestamp());
                isOpen = await pending;
                Volatile.Write(ref lastTaken, time.GetTimestamp());
                Volatile.Write(ref writeStarted, 0);
                if (isOpen == false)
                    batch.Release();
                else if (SettleAndTake(ref batch))
                    isOpen = WriteOn(ref batch, out pending);
            }
            while (isOpen is null);
            return isOpen.Value;
        }
        catch (Exception e) when (IsEndOfTransport(e))
        {
            return false;
        }
    }

    // Writes what leaves together. A frame that leaves alone is not copied; what does not fit is written in parts, each of which is progress.
    private ValueTask<bool> WriteNext(ref FrameBatch batch)
    {
        if (batch.IsLast)
            return output.WriteAsync(batch.Take(WriteBytes));
        Span<byte> together = scratch ??= new byte[WriteBytes];
        int length = 0;
        while (batch.HasMore && length < WriteBytes)
        {
            ReadOnlySpan<byte> part = batch.Take(WriteBytes - length);
            part.CopyTo(together[length..]);
            length += part.Length;
        }

        return output.WriteAsync(together[..length]);
    }

    // What was written last has been taken: true when there is more to write.
    private bool SettleAndTake(ref FrameBatch batch)
    {
        TaskCompletionSource? roomWaiter = null;
        TaskCompletionSource? emptyWaiter = null;
        bool more = batch.HasMore;
        int written = batch.TakeLength();
        if (!more)
            batch.Release();
        lock (this)
        {
            if (!closed)
            {
                pendingBytes -= written;
                if (HasRoom)
                    (roomWaiter, room) = (room, null);
                if (pendingBytes == 0)
                    (emptyWaiter, empty) = (empty, null);
            }

            more = more || TakeQueue(ref batch);
        }

        roomWaiter?.TrySetResult();
        emptyWaiter?.TrySetResult();
        return more;
    }
}
