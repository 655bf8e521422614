namespace PushNode.Storage.Cursors;

/// <summary>
/// Takes moved cursors to the store in bulk, one request at a time: soon, because a device may come back on another node, but at most once a second
/// when there are many.
/// </summary>
internal sealed class CursorWriter(PendingCursors pending, ICursorTarget target, TimeProvider time, ILogger<CursorWriter> logger)
{
    private const int Many = 1000;
    private const string Ending = "the node is ending";

    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan Later = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastPatience = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private readonly Signal asked = new(time);
    private List<TaskCompletionSource>? savers = [];

    /// <summary>Returns when the store durably holds what was moved until now. Many that ask at the same time share a request.</summary>
    /// <exception cref="StoreUnavailableException">It could not be told; what was moved is kept and tried again.</exception>
    public Task SaveAsync(CancellationToken cancellationToken)
    {
        if (pending.Count == 0)
            return Task.CompletedTask;
        var saver = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (gate)
        {
            if (savers is null)
                throw new StoreUnavailableException(Ending);
            savers.Add(saver);
        }

        asked.Set();
        return saver.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Writes until it is cancelled. Call it once.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        TimeSpan pause = Soon;
        while (!cancellationToken.IsCancellationRequested)
        {
            await asked.WaitAsync(pause, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            List<TaskCompletionSource> waiting = TakeSavers(isLast: false);
            try
            {
                int written = await FlushAsync(cancellationToken);
                pause = written >= Many ? Later : Soon;
                waiting.ForEach(static s => s.TrySetResult());
            }
            catch (Exception e)
            {
                StoreUnavailableException failure = e as StoreUnavailableException ?? new StoreUnavailableException("moved cursors could not be written", e);
                waiting.ForEach(s => s.TrySetException(failure));
                pause = Later;
                if (e is not (StoreUnavailableException or OperationCanceledException))
                    logger.CursorWriteFailed(e);
            }
        }

        foreach (TaskCompletionSource saver in TakeSavers(isLast: true))
            saver.TrySetException(new StoreUnavailableException(Ending));
    }

    /// <summary>Writes what waits now, in as many requests as it takes, and returns how much that was. Not to be called while <see cref="RunAsync"/> runs.</summary>
    /// <exception cref="StoreUnavailableException">Not all of it could be written; the rest still waits.</exception>
    public async Task<int> FlushAsync(CancellationToken cancellationToken)
    {
        int all = pending.Waiting;
        int left = all;
        if (left > 0 && target.Away is { } away)
            throw new StoreUnavailableException(away);
        while (left > 0 && pending.Take(Math.Min(left, target.MaxMoves)) is { } chunk)
        {
            left -= chunk.Moves.Count;
            await WriteAsync(chunk, cancellationToken);
        }

        return all;
    }

    /// <summary>Writes what still waits when <see cref="RunAsync"/> has ended; what cannot be written within 5 s is left, and said.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(LastPatience);
        try
        {
            await FlushAsync(patience.Token);
        }
        catch (Exception e) when (e is StoreUnavailableException or OperationCanceledException)
        {
            logger.CursorsLeft(pending.Count, e.Message);
        }
    }

    private async Task WriteAsync(CursorChunk chunk, CancellationToken cancellationToken)
    {
        bool confirmed = false;
        try
        {
            if (!await target.WriteAsync(chunk, cancellationToken))
                throw new StoreUnavailableException("the message store has begun a new life: these cursors mean nothing in it");
            confirmed = true;
        }
        finally
        {
            if (confirmed)
                pending.Confirm(chunk);
            else
                pending.Return(chunk);
        }
    }

    private List<TaskCompletionSource> TakeSavers(bool isLast)
    {
        lock (gate)
        {
            List<TaskCompletionSource> taken = savers ?? [];
            savers = isLast ? null : [];
            return taken;
        }
    }
}
