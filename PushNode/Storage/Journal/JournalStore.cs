using PushNode.Messages;
using PushNode.Settings;

namespace PushNode.Storage.Journal;

/// <summary>The message store on this node's own disk. It takes calls from <see cref="OpenAsync"/> to <see cref="DisposeAsync"/>.</summary>
internal sealed class JournalStore(DataFolder data, JournalSettings settings, TimeProvider time, Disk disk, ILogger<JournalStore> logger)
    : IMessageStore, IAsyncDisposable
{
    private readonly JournalServices services = new(settings, time, disk, logger);
    private volatile OpenJournal? journal;

    public string Epoch => Opened.State.Epoch;

    public string? Trouble => journal is { } open ? open.Appender.Trouble : NotOpen;

    private const string NotOpen = "The journal is not open.";

    private OpenJournal Opened => journal ?? throw new StoreUnavailableException(NotOpen);

    /// <summary>Locks the data folder and reads the journal. Call it once, before anything else.</summary>
    /// <exception cref="SettingsException">The folder cannot be used, or another process uses it.</exception>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        journal = await Task.Factory.StartNew(
            () => OpenJournal.Open(data, services),
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        await TidyAsync();
    }

    /// <summary>Drops what is due and finds out whether the journal can be written; it happens by itself every few seconds.</summary>
    public Task TidyAsync() => Opened.TidyAsync();

    public ValueTask RestAsync() => journal?.Appender.RestAsync() ?? ValueTask.CompletedTask;

    public ValueTask AppendAsync(IReadOnlyList<Message> batch, CancellationToken cancellationToken)
    {
        if (journal is { } open)
            return open.Appender.AppendAsync(batch, cancellationToken);
        foreach (Message message in batch)
            message.Fail();
        return ValueTask.CompletedTask;
    }

    public ValueTask<MessagePage> ReadAsync(Channel channel, long after, int maxBytes, CancellationToken cancellationToken)
    {
        OpenJournal open = Opened;
        if (open.Index.Find(channel.Name) is not { } index)
            return new(new MessagePage([], 0, 0));
        PageSelection selection = index.Select(after, maxBytes, services.Now);
        return selection.Entries is null
            ? new(new MessagePage([], selection.Through, selection.Head))
            : ReadAsync(open, channel, selection, cancellationToken);
    }

    public async ValueTask<Message?> FindAsync(Channel channel, long seq, CancellationToken cancellationToken)
    {
        OpenJournal open = Opened;
        if (open.Index.Find(channel.Name)?.TryFind(seq, out IndexEntry entry) != true || entry.HasExpired(services.Now))
            return null;
        List<Message> found = await open.ReadAsync(channel, [entry], cancellationToken);
        return found.Count > 0 ? found[0] : null;
    }

    public ValueTask<long[]> ReadHeadsAsync(IReadOnlyList<Channel> channels, CancellationToken cancellationToken)
    {
        JournalIndex index = Opened.Index;
        long[] heads = new long[channels.Count];
        for (int i = 0; i < heads.Length; i++)
            heads[i] = index.Find(channels[i].Name)?.Head ?? 0;
        return new(heads);
    }

    public ValueTask<long?[]> ReadCursorsAsync(string userId, string device, IReadOnlyList<Channel> channels, CancellationToken cancellationToken)
    {
        OpenJournal open = Opened;
        return new([.. channels.Select(channel => open.State.Cursors.Find(userId, device, channel))]);
    }

    public void MoveCursor(string userId, string device, Channel channel, long seq, string epoch)
    {
        if (journal is { } open && open.State.Epoch == epoch)
            open.State.Cursors.Move(userId, device, channel, seq);
    }

    public ValueTask<IReadOnlyList<DeviceCursor>> ListCursorsAsync(Channel channel, int limit, CancellationToken cancellationToken) =>
        new(Opened.State.Cursors.List(channel, limit));

    public ValueTask RevokeAsync(string userId, long before, CancellationToken cancellationToken) =>
        new(Opened.RevokeAsync(userId, before, cancellationToken));

    public ValueTask<IReadOnlyList<KeyValuePair<string, long>>> ListRevocationsAsync(CancellationToken cancellationToken) =>
        new(Opened.State.Revocations.List());

    /// <summary>Drops the segments that are due now; a part of <see cref="TidyAsync"/>, which does not throw.</summary>
    public Task SweepAsync(CancellationToken cancellationToken) => Opened.SweepAsync(cancellationToken);

    /// <summary>Writes the cursors that have moved; it happens by itself every second, too.</summary>
    public Task SaveCursorsAsync(CancellationToken cancellationToken) => Opened.SaveCursorsAsync(cancellationToken);

    /// <summary>Closes the journal; what is in memory only is written first.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref journal, null) is { } open)
            await open.DisposeAsync();
    }

    private static async ValueTask<MessagePage> ReadAsync(OpenJournal open, Channel channel, PageSelection selection, CancellationToken cancellationToken) =>
        new(await open.ReadAsync(channel, selection.Entries!, cancellationToken), selection.Through, selection.Head);
}
