using PushNode.Peers;
using PushNode.Settings;
using PushNode.Storage.Cursors;
using PushNode.Storage.Mongo.Driver;

namespace PushNode.Storage.Mongo;

/// <summary>
/// The way to the database. Its driver blocks, so the calls run on a few threads of their own, each bounded in time. Once a second it asks how the database is;
/// when that has failed for <see cref="MongoOptions.Timeout"/>, everything else is refused at once, so that nobody waits for a database that is known to be away.
/// While it can be read but takes no messages, only those are refused.
/// </summary>
internal sealed class MongoConnection : IStoreWatch, IStoreConnection, IAsyncDisposable
{
    private const int ReadThreads = 4;
    private const int QueuedReads = 256;
    private const int QueuedWrites = 64;
    private const string NotAsked = "MongoDB has not been reached yet";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FailingInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LastPatience = TimeSpan.FromSeconds(3);

    private readonly WorkQueue watching = new("mongo watch", 1, QueuedWrites);
    private readonly WorkQueue appending = new("mongo append", 1, QueuedWrites);
    private readonly WorkQueue writing = new("mongo write", 1, QueuedWrites);
    private readonly WorkQueue reading = new("mongo read", ReadThreads, QueuedReads);
    private readonly MongoOptions options;
    private readonly MongoSetup setup;
    private readonly PendingCursors pending;
    private readonly TimeProvider time;
    private readonly ILogger<MongoConnection> logger;
    private readonly IPeerDirectory? directory;
    private readonly AppendTrouble appends;
    private readonly Signal wake;
    private volatile MongoPool? pool;
    private volatile string? epoch;
    private volatile string? away = NotAsked;
    private string hosts = "";
    private Action? epochChanged;
    private Action? restarted;
    private bool isFailing;
    private bool isReported;
    private bool isDisposed;
    private long failingSince;

    public MongoConnection(MongoOptions options, MongoSetup setup, PendingCursors pending, TimeProvider time, ILogger<MongoConnection> logger, IPeerDirectory? directory = null)
    {
        this.options = options;
        this.setup = setup;
        this.pending = pending;
        this.time = time;
        this.logger = logger;
        this.directory = directory;
        appends = new AppendTrouble(time, logger);
        wake = new Signal(time);
    }

    /// <exception cref="StoreUnavailableException">The database has never been reached yet.</exception>
    public string Epoch => epoch ?? throw new StoreUnavailableException(away ?? NotAsked);

    /// <summary>Why the database cannot be asked, as last known; null when it can.</summary>
    public string? Away => away;

    /// <summary>Why the database cannot be asked, or takes no messages, as last known; null when all is well.</summary>
    public string? Trouble => away ?? appends.Reason;

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    public void OnEpochChanged(Action listener) => epochChanged += listener;

    public void OnRestarted(Action listener) => restarted += listener;

    /// <summary>Finds the driver and, if it can be reached, makes the database ready; otherwise <see cref="RunAsync"/> goes on trying. Call it once, first.</summary>
    /// <exception cref="SettingsException">The driver is missing, or the settings or the database need a change before this can work.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        const string key = "Mongo:Connection";
        string connection = MongoAddress.Check(options);
        hosts = MongoAddress.ToText(connection);
        DriverLog.WriteTo(logger);
        try
        {
            await ConnectAsync(cancellationToken);
            Recover();
        }
        catch (MongoSetupException e)
        {
            throw new SettingsException(key, null, $"names a database that cannot be used: {e.Message}");
        }
        catch (MongoException e) when (e.IsRefusal)
        {
            throw new SettingsException(key, null, $"is refused by MongoDB at {hosts}: {e.Message.TrimEnd('.')}; it needs a user with the role readWrite on the database, and authSource where that user is kept");
        }
        catch (MongoException e) when (!e.IsPassing && pool is null)
        {
            throw MongoAddress.NotUnderstood(connection, e.Message);
        }
        catch (MongoException e)
        {
            away = Describe(e);
            isReported = true;
            Fail(away);
            logger.MongoAwaited(away);
        }
    }

    /// <summary>Keeps <see cref="Epoch"/> and <see cref="Trouble"/> up to date until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (directory is not null)
            new CollectorWatch(directory, () => restarted?.Invoke()).Start();
        while (true)
        {
            await wake.WaitAsync(isFailing ? FailingInterval : Interval, cancellationToken);
            await PollAsync(cancellationToken);
        }
    }

    /// <summary>Has something read. What has waited for <see cref="MongoOptions.Timeout"/> before its turn came is refused.</summary>
    /// <exception cref="StoreUnavailableException">There is no answer.</exception>
    public Task<T> ReadAsync<T>(Func<MongoPool, T> work, CancellationToken cancellationToken) => RunAsync(reading, work, cancellationToken);

    /// <summary>Has something small written.</summary>
    /// <exception cref="StoreUnavailableException">It is not known to be written.</exception>
    public Task<T> WriteAsync<T>(Func<MongoPool, T> work, CancellationToken cancellationToken) => RunAsync(writing, work, cancellationToken);

    /// <summary>Has messages written, and what belongs to that read, on the thread for it.</summary>
    /// <exception cref="MongoException">There is no answer, or an error.</exception>
    /// <exception cref="StoreUnavailableException">The database is away, or took no messages the last time and has not been found to take writes since.</exception>
    public async Task<T> AppendAsync<T>(Func<MongoPool, T> work, CancellationToken cancellationToken)
    {
        if ((away ?? appends.Refusal) is { } reason)
            throw new StoreUnavailableException(reason);
        MongoPool connected = pool!;
        appends.Begin();
        try
        {
            return await appending.RunAsync(() => work(connected), cancellationToken);
        }
        finally
        {
            appends.End();
        }
    }

    /// <summary>Messages have been stored.</summary>
    public void NoteAppended()
    {
        if (appends.Succeed())
            restarted?.Invoke();
    }

    /// <summary>So many messages could not be stored. When they have waited for <see cref="MongoOptions.Timeout"/> in vain, the next ones do not, until it is known to take writes again.</summary>
    public void NoteRefused(int messages, MongoException why)
    {
        appends.Fail(messages, Describe(why), isUnanswered: why.IsPassing, isKnown: away is not null);
        wake.Set();
    }

    /// <summary>What is wrong, for people.</summary>
    public string Describe(Exception e) => e switch
    {
        MongoException { IsUnreachable: true } => $"MongoDB at {hosts} cannot be reached: {e.Message.TrimEnd('.')}",
        MongoException { IsRefusal: true } => $"MongoDB at {hosts} refuses this node: {e.Message.TrimEnd('.')}",
        MongoSetupException => $"the database at {hosts} cannot be used: {e.Message}",
        _ => $"MongoDB at {hosts} fails: {e.Message.TrimEnd('.')}",
    };

    public ValueTask CloseAsync() => DisposeAsync();

    /// <summary>Ends what is under way and closes the connections; calls that still hang then are left to the end of the process.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref isDisposed, true))
            return;
        Task ended = Task.WhenAll(new[] { watching, appending, writing, reading }.Select(static q => q.DisposeAsync().AsTask()));
        await Task.WhenAny(ended, Task.Delay(LastPatience, CancellationToken.None));
        if (ended.IsCompleted)
            Interlocked.Exchange(ref pool, null)?.Dispose();
    }

    private async Task<T> RunAsync<T>(WorkQueue queue, Func<MongoPool, T> work, CancellationToken cancellationToken)
    {
        ThrowIfAway();
        MongoPool connected = pool!;
        long asked = time.GetTimestamp();
        try
        {
            return await UntilAsync(queue.RunAsync(Run, cancellationToken), cancellationToken);
        }
        catch (MongoException e)
        {
            wake.Set();
            throw new StoreUnavailableException(Describe(e), e);
        }

        // When it is its turn, what it waited for may have made clear that it would wait in vain.
        T Run()
        {
            cancellationToken.ThrowIfCancellationRequested();
            ThrowIfAway();
            return time.GetElapsedTime(asked) < options.Timeout
                ? work(connected)
                : throw new StoreUnavailableException($"MongoDB at {hosts} is too slow for what is asked of it");
        }
    }

    private void ThrowIfAway()
    {
        if (away is { } reason)
            throw new StoreUnavailableException(reason);
    }

    private Task<T> WatchAsync<T>(Func<T> work, CancellationToken cancellationToken) => UntilAsync(watching.RunAsync(work, cancellationToken), cancellationToken);

    // A call in the driver cannot be broken off, but nobody has to wait for it; what it ends with is nobody's then.
    private static Task<T> UntilAsync<T>(Task<T> call, CancellationToken cancellationToken)
    {
        if (!cancellationToken.CanBeCanceled)
            return call;
        _ = call.ContinueWith(static c => _ = c.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return call.WaitAsync(cancellationToken);
    }

    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        string found = await WatchAsync(
            () =>
            {
                pool ??= MongoPool.Open(MongoAddress.From(options), options.Database, MongoOptions.DefaultDatabase, options.Timeout);
                string found = setup.Prepare(pool);
                pool.ConfirmPrimaries(p => setup.Probe(p, Now));
                // Read again: only by now does a primary that was just elected know all that was confirmed, a new epoch among it.
                return setup.ReadEpoch(pool) ?? found;
            },
            cancellationToken);
        Take(found);
    }

    private async Task PollAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (epoch is not null && pool is { } connected)
            {
                string? found = await WatchAsync(() => setup.ReadEpoch(connected), cancellationToken);
                if (found is null)
                    away = $"the database at {hosts} has been emptied";
                if (found is null || found != epoch)
                    await ConnectAsync(cancellationToken);
                if (appends.Reason is not null)
                    await ProbeAsync(connected, cancellationToken);
                appends.TellWhenOver(hosts);
            }
            else
            {
                await ConnectAsync(cancellationToken);
            }

            Recover();
        }
        catch (Exception e) when (e is MongoException or MongoSetupException)
        {
            Fail(Describe(e));
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Fail(e.Message);
            logger.StorePollFailed(e);
        }
    }

    private async Task ProbeAsync(MongoPool connected, CancellationToken cancellationToken)
    {
        try
        {
            await WatchAsync(
                () =>
                {
                    setup.Probe(connected, Now);
                    return true;
                },
                cancellationToken);
        }
        catch (MongoException e)
        {
            appends.FailProbe(Describe(e));
            return;
        }

        if (appends.Allow(isOver: isFailing))
            restarted?.Invoke();
    }

    private void Recover()
    {
        away = null;
        if (!isFailing)
            return;
        isFailing = false;
        if (isReported)
            logger.MongoBack(hosts);
        isReported = false;
        // What was stored while it could not be asked, no dispatch may have brought.
        restarted?.Invoke();
    }

    private void Fail(string reason)
    {
        if (!isFailing)
        {
            isFailing = true;
            failingSince = time.GetTimestamp();
        }

        TimeSpan failing = time.GetElapsedTime(failingSince);
        if (away is not null || failing >= options.Timeout)
            away = reason;
        // A primary that changes is not worth a warning.
        if (isReported || failing < Grace)
            return;
        isReported = true;
        logger.MongoAway(reason);
    }

    // In this order: cursors moved until the connections of before are closed are of the old epoch, and go with it.
    private void Take(string found)
    {
        if (found == epoch)
            return;
        if (epoch is null)
        {
            logger.MongoFound(hosts, DriverLibrary.Version, found);
        }
        else
        {
            logger.StoreEpochChanged(epoch, found);
            epochChanged?.Invoke();
        }

        pending.StartOver(found);
        epoch = found;
    }
}
