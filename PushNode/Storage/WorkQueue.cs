namespace PushNode.Storage;

/// <summary>Threads of its own for work that waits for a disk or blocks in a driver, so that the thread pool never does.</summary>
internal sealed class WorkQueue : IAsyncDisposable
{
    private readonly Queue<IWork> waiting = new();
    private readonly SemaphoreSlim room;
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int running;
    private bool closed;

    /// <param name="name">The threads' name.</param>
    /// <param name="threads">How many.</param>
    /// <param name="capacity">How many pieces of work <see cref="RunAsync"/> takes before it lets its callers wait.</param>
    public WorkQueue(string name, int threads, int capacity)
    {
        room = new SemaphoreSlim(capacity);
        running = threads;
        for (int i = 0; i < threads; i++)
            new Thread(Work) { IsBackground = true, Name = name }.Start();
    }

    /// <summary>Queues the work, past the capacity if need be: for a caller that has one piece at most. False when the queue is closed.</summary>
    public bool TryPost(IWork work)
    {
        lock (waiting)
        {
            if (closed)
                return false;
            waiting.Enqueue(work);
            Monitor.Pulse(waiting);
            return true;
        }
    }

    /// <summary>Has the work done; what it throws is thrown here. Cancelling gives up the wait for room, not the work.</summary>
    /// <exception cref="StoreUnavailableException">The queue is closed.</exception>
    public async Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        await room.WaitAsync(cancellationToken);
        try
        {
            var item = new FunctionWork<T>(work);
            if (!TryPost(item))
                throw new StoreUnavailableException("The message store is closed.");
            return await item.Done;
        }
        finally
        {
            room.Release();
        }
    }

    /// <summary>Takes no more work, does what is waiting, and returns when the threads have ended.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (waiting)
        {
            closed = true;
            Monitor.PulseAll(waiting);
        }

        await ended.Task;
    }

    private void Work()
    {
        while (TryTake() is { } work)
            work.Run();
        if (Interlocked.Decrement(ref running) == 0)
            ended.SetResult();
    }

    private IWork? TryTake()
    {
        lock (waiting)
        {
            while (waiting.Count == 0 && !closed)
                Monitor.Wait(waiting);
            return waiting.TryDequeue(out IWork? work) ? work : null;
        }
    }

    private sealed class FunctionWork<T>(Func<T> function) : IWork
    {
        private readonly TaskCompletionSource<T> done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<T> Done => done.Task;

        public void Run()
        {
            try
            {
                done.SetResult(function());
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        }
    }
}
