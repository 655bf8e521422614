using Microsoft.Win32.SafeHandles;

namespace PushNode.Storage.Journal.State;

/// <summary>
/// The append-only file of what outlives segments. When it has grown too long, and after any failure, it is written anew from memory beside the old
/// one, which it then replaces: at every moment one of the two is whole. Used by one thread.
/// </summary>
internal sealed class StateLog(JournalState state, JournalFolder folder, Disk disk, ILogger logger) : IDisposable
{
    /// <summary>It is written anew when it is this long and twice as long as it was the last time.</summary>
    private const long MinRewriteLength = 1 << 20;

    private SafeFileHandle? file;
    private long length;
    private long rewrittenLength;
    private bool failing;

    public JournalState State => state;

    /// <summary>How long the file is, in bytes.</summary>
    public long Length => length;

    /// <summary>Reads the log into the state. One that is not whole is written anew by the next save.</summary>
    public StateFound Load()
    {
        disk.Delete(folder.NewStatePath);
        if (!File.Exists(folder.StatePath))
            return StateFound.Missing;
        file = disk.Open(folder.StatePath, FileMode.Open);
        length = RandomAccess.GetLength(file);
        rewrittenLength = length;
        var reader = new RecordReader(disk, file, length);
        bool damaged = false;
        Apply(reader);
        while (!reader.AtEnd && reader.TryResync())
        {
            damaged = true;
            Apply(reader);
        }

        bool whole = reader.AtEnd && !damaged;
        if (state.Epoch.Length == 0)
            damaged = true;
        if (!whole || damaged)
            Close();
        return damaged ? StateFound.Damaged : whole ? StateFound.Whole : StateFound.Torn;
    }

    /// <summary>Adds the records and forces them to the disk.</summary>
    /// <exception cref="StoreUnavailableException">They may or may not be there after a restart; the next save writes everything anew.</exception>
    public void Save(IReadOnlyCollection<StateRecord> records)
    {
        try
        {
            if (file is null || length > Math.Max(MinRewriteLength, 2 * rewrittenLength))
                Rewrite(records);
            else
                Append(records, file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Close();
            if (!failing)
                logger.StateFailed(folder.StatePath, e);
            failing = true;
            throw new StoreUnavailableException($"The journal's state cannot be written: {e.Message}", e);
        }

        if (failing)
            logger.StateWritesAgain(folder.StatePath);
        failing = false;
    }

    /// <summary>From now on the next save writes everything anew.</summary>
    public void Close()
    {
        file?.Dispose();
        file = null;
    }

    /// <summary>Writes the cursors that have moved.</summary>
    /// <exception cref="StoreUnavailableException">They stay in memory; the next save writes them.</exception>
    public void SaveCursors()
    {
        List<StateRecord> records = [.. state.Cursors.TakeDirty().SelectMany(static cursors => cursors.Take(all: false))];
        if (records.Count > 0 || failing)
            Save(records);
    }

    /// <summary>Gives the store a new epoch, durably.</summary>
    /// <exception cref="StoreUnavailableException">It may or may not have it.</exception>
    public void RenewEpoch()
    {
        var record = new StateRecord(StateKind.Epoch, 0, Epochs.Create());
        Save([record]);
        state.Apply(record);
    }

    /// <summary>Makes a revocation durable.</summary>
    /// <exception cref="StoreUnavailableException">It is not in force.</exception>
    public void Revoke(string userId, long before)
    {
        if (state.Revocations.Find(userId) >= before)
            return;
        Save([new StateRecord(StateKind.Revocation, before, userId)]);
        state.Revocations.Raise(userId, before);
    }

    public void Dispose() => Close();

    private void Apply(RecordReader reader)
    {
        while (reader.TryRead(out ReadOnlySpan<byte> payload))
        {
            if (StateRecord.TryParse(payload, out StateRecord record))
                state.Apply(record);
        }
    }

    private void Append(IReadOnlyCollection<StateRecord> records, SafeFileHandle target)
    {
        var writer = new StateWriter(disk, target, length);
        foreach (StateRecord record in records)
            writer.Add(record);
        writer.Finish();
        length = writer.Position;
    }

    private void Rewrite(IReadOnlyCollection<StateRecord> records)
    {
        Close();
        SafeFileHandle next = disk.Open(folder.NewStatePath, FileMode.Create);
        try
        {
            var writer = new StateWriter(disk, next, 0);
            foreach (StateRecord record in state.ToRecords().Concat(records))
                writer.Add(record);
            writer.Finish();
            disk.Replace(folder.NewStatePath, folder.StatePath);
            disk.SyncFolder(folder.Path);
            length = writer.Position;
        }
        catch
        {
            next.Dispose();
            throw;
        }

        file = next;
        rewrittenLength = length;
    }
}
