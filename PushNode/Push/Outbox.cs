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
    private static byte[]? batch;

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

    /// <summary>Writes until nothing waits; at once returns when somebody else is already at it. Completes with false when the socket is gone.</summary>
    public async ValueTask<bool> FlushAsync()
    {
        lock (this)
        {
            if (writing)
                return true;
            writing = true;
        }

        try
        {
            while (TryTake(out FrameQueue taken))
            {
                if (!await WriteAsync(taken))
                    return false;
            }

            return true;
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or OperationCanceledException)
        {
            // The transport has ended under the write: the reader sees it too and ends the connection.
            return false;
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

    private bool TryTake(out FrameQueue taken)
    {
        lock (this)
        {
            taken = queue;
            queue = default;
            waitingControl = 0;
            // Leaving "writing" and finding nothing is one step: a frame that comes now is somebody's first.
            writing = taken.Count > 0;
            return writing;
        }
    }

    private async ValueTask<bool> WriteAsync(FrameQueue taken)
    {
        try
        {
            int index = 0;
            int written = 0;
            while (index < taken.Count)
            {
                Volatile.Write(ref writeStarted, time.GetTimestamp());
                ValueTask<bool> write = WriteNext(taken, ref index, ref written, out int bytes);
                bool waits = !write.IsCompleted;
                bool isOpen = await write;
                if (waits)
                    Volatile.Write(ref lastTaken, time.GetTimestamp());
                Volatile.Write(ref writeStarted, 0);
                Settle(bytes);
                if (!isOpen)
                    return false;
            }

            return true;
        }
        finally
        {
            taken.Release();
        }
    }

    // Writes what leaves together, from a position on that it moves.
    private ValueTask<bool> WriteNext(in FrameQueue taken, ref int index, ref int written, out int bytes)
    {
        // One that leaves alone is not copied.
        if (index == taken.Count - 1)
            return output.WriteAsync(TakePart(taken, ref index, ref written, bytes = Math.Min(taken[index].Length - written, WriteBytes)));

        byte[] together = batch ??= new byte[WriteBytes];
        bytes = 0;
        while (index < taken.Count && bytes < WriteBytes)
        {
            ReadOnlySpan<byte> part = TakePart(taken, ref index, ref written, Math.Min(taken[index].Length - written, WriteBytes - bytes));
            part.CopyTo(together.AsSpan(bytes));
            bytes += part.Length;
        }

        return output.WriteAsync(together.AsSpan(0, bytes));
    }

    // A large frame is written in parts too, each of which is progress.
    private static ReadOnlySpan<byte> TakePart(in FrameQueue taken, ref int index, ref int written, int length)
    {
        ReadOnlySpan<byte> frame = taken[index].Span;
        ReadOnlySpan<byte> part = frame.Slice(written, length);
        bool whole = written + length == frame.Length;
        written = whole ? 0 : written + length;
        index += whole ? 1 : 0;
        return part;
    }

    private void Settle(int written)
    {
        TaskCompletionSource? roomWaiter = null;
        TaskCompletionSource? emptyWaiter = null;
        lock (this)
        {
            if (closed)
                return;
            pendingBytes -= written;
            if (HasRoom)
                (roomWaiter, room) = (room, null);
            if (pendingBytes == 0)
                (emptyWaiter, empty) = (empty, null);
        }

        roomWaiter?.TrySetResult();
        emptyWaiter?.TrySetResult();
    }
}
