using System.Diagnostics;
using PushNode.Messages;
using PushNode.Settings;
using PushNode.Storage.Journal.State;

namespace PushNode.Storage.Journal;

/// <summary>A journal in use: which part works on which thread, and the housekeeping.</summary>
internal sealed class OpenJournal : IAsyncDisposable
{
    private const int ReadThreads = 2;
    private const int MaxWaiting = 256;
    private const int TicksPerTidying = 3;

    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    private readonly WorkQueue appends = new("journal append", threads: 1, MaxWaiting);
    private readonly WorkQueue reads = new("journal read", ReadThreads, MaxWaiting);
    private readonly WorkQueue stateChanges = new("journal state", threads: 1, MaxWaiting);
    private readonly CancellationTokenSource closing = new();
    private readonly FolderLock folderLock;
    private readonly LoadedJournal loaded;
    private readonly JournalServices services;
    private readonly PageReader reader;
    private readonly Retention retention;
    private readonly Task housekeeping;

    private OpenJournal(FolderLock folderLock, LoadedJournal loaded, JournalServices services)
    {
        this.folderLock = folderLock;
        this.loaded = loaded;
        this.services = services;
        Appender = new Appender(new AppendPlan(loaded.Index), loaded.Writer, appends, services);
        reader = new PageReader(loaded.Index.Segments, services);
        retention = new Retention(loaded.Index, loaded.Log, new SpaceReserve(loaded.Folder, services), services);
        housekeeping = Task.WhenAll(KeepHouseAsync(), SyncAsync());
    }

    public Appender Appender { get; }

    public JournalIndex Index => loaded.Index;

    public JournalState State => loaded.Log.State;

    /// <summary>Locks the folder, reads the journal and makes it ready. Takes as long as reading all of it.</summary>
    /// <exception cref="SettingsException">The folder cannot be used.</exception>
    public static OpenJournal Open(DataFolder data, JournalServices services)
    {
        long start = Stopwatch.GetTimestamp();
        FolderLock folderLock = FolderLock.Take(data);
        try
        {
            LoadedJournal loaded = LoadedJournal.Load(data, services);
            IReadOnlyList<Segment> segments = loaded.Index.Segments.Segments;
            services.Logger.JournalOpened(
                data.Path,
                segments.Count,
                segments.Sum(static s => s.Length),
                loaded.Log.State.Epoch,
                (long)Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            return new OpenJournal(folderLock, loaded, services);
        }
        catch
        {
            folderLock.Dispose();
            throw;
        }
    }

    /// <summary>Drops what is due, makes sure of what the journal needs, and finds out whether it can be written.</summary>
    public async Task TidyAsync()
    {
        await TryAsync(SweepAsync(CancellationToken.None));
        await TryAsync(Appender.MaintainAsync(CancellationToken.None));
    }

    /// <summary>Reads the chosen messages on a thread that may wait for the disk.</summary>
    public Task<List<Message>> ReadAsync(Channel channel, List<IndexEntry> entries, CancellationToken cancellationToken) =>
        reads.RunAsync(() => reader.Read(channel, entries), cancellationToken).WaitAsync(cancellationToken);

    /// <inheritdoc cref="IMessageStore.RevokeAsync"/>
    public Task RevokeAsync(string userId, long before, CancellationToken cancellationToken) =>
        ChangeStateAsync(() => loaded.Log.Revoke(userId, before), cancellationToken);

    /// <summary>Drops the segments that are due.</summary>
    public Task SweepAsync(CancellationToken cancellationToken) => ChangeStateAsync(retention.Sweep, cancellationToken);

    /// <summary>Writes the cursors that have moved.</summary>
    public Task SaveCursorsAsync(CancellationToken cancellationToken) => ChangeStateAsync(loaded.Log.SaveCursors, cancellationToken);

    /// <summary>Finishes what has been begun, writes what is in memory only, and gives the folder free.</summary>
    public async ValueTask DisposeAsync()
    {
        await closing.CancelAsync();
        await housekeeping;
        await reads.DisposeAsync();
        if (Appender.Trouble is not null)
            await Appender.MaintainAsync(CancellationToken.None);
        bool synced = await Appender.SyncAsync(CancellationToken.None);
        await Appender.DisposeAsync();
        await TryAsync(ChangeStateAsync(() => SaveLast(synced), CancellationToken.None));
        await stateChanges.DisposeAsync();
        loaded.Dispose();
        folderLock.Dispose();
        closing.Dispose();
        services.Logger.JournalClosed();
    }

    private void SaveLast(bool synced)
    {
        loaded.Log.SaveCursors();
        if (synced && Index.Segments.Segments is [.., { } last])
            loaded.Log.Save([new StateRecord(StateKind.Closed, last.Length, SegmentRecords.Text(last.Number))]);
    }

    private Task ChangeStateAsync(Action change, CancellationToken cancellationToken) => stateChanges.RunAsync(
        () =>
        {
            change();
            return true;
        },
        cancellationToken);

    private async Task KeepHouseAsync()
    {
        using var timer = new PeriodicTimer(Tick, services.Time);
        for (int tick = 1; await NextAsync(timer); tick++)
        {
            await TryAsync(SaveCursorsAsync(CancellationToken.None));
            if (tick % TicksPerTidying == 0)
                await TidyAsync();
        }
    }

    private async Task SyncAsync()
    {
        if (services.Settings.Sync != JournalSync.EveryIntervalLosingUpToIt)
            return;
        using var timer = new PeriodicTimer(services.Settings.SyncInterval, services.Time);
        while (await NextAsync(timer))
            await TryAsync(Appender.SyncAsync(CancellationToken.None));
    }

    private async Task<bool> NextAsync(PeriodicTimer timer)
    {
        try
        {
            return await timer.WaitForNextTickAsync(closing.Token);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task TryAsync(Task task)
    {
        try
        {
            await task;
        }
        catch (StoreUnavailableException)
        {
            // Logged where it happened, once for as long as it lasts.
        }
        catch (Exception e)
        {
            services.Logger.HousekeepingFailed(e);
        }
    }
}
