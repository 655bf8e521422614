using PushNode.Storage.Journal.State;

namespace PushNode.Storage.Journal;

/// <summary>
/// Drops whole segments: when their messages have all expired, when they are too old, or when there is too much. Never the one being written.
/// </summary>
internal sealed class Retention(JournalIndex index, StateLog log, SpaceReserve reserve, JournalServices services)
{
    /// <summary>Drops what is due. The channels' heads are on the disk before a file goes.</summary>
    /// <exception cref="StoreUnavailableException">The heads could not be written; nothing has been dropped.</exception>
    public void Sweep()
    {
        List<(Segment Segment, string Reason)> due = FindDue(services.Now);
        if (due.Count > 0)
        {
            Save(due);
            Drop(due);
        }

        reserve.Keep(log.Length);
    }

    private void Save(List<(Segment Segment, string Reason)> due)
    {
        List<StateRecord> records = [.. log.State.TakeHeads()];
        records.AddRange(due.Select(static d => new StateRecord(StateKind.Dropped, d.Segment.Number)));
        try
        {
            log.Save(records);
        }
        catch (StoreUnavailableException)
        {
            if (!reserve.Release())
                throw;
            log.Save(records);
        }
    }

    private void Drop(List<(Segment Segment, string Reason)> due)
    {
        index.Forget(due.Select(static d => d.Segment.Number).ToHashSet());
        foreach ((Segment segment, string reason) in due)
        {
            log.State.Segments.Drop(segment.Number);
            segment.File.Dispose();
            try
            {
                services.Disk.Delete(segment.Path);
                services.Logger.SegmentDropped(segment.Path, segment.Length, reason);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                services.Logger.SegmentNotDeleted(segment.Path, e);
            }
        }
    }

    private List<(Segment Segment, string Reason)> FindDue(long now)
    {
        IReadOnlyList<Segment> segments = index.Segments.Segments;
        var due = new List<(Segment, string)>();
        long total = segments.Sum(static s => s.Length);
        long oldest = now - (long)services.Settings.Retention.TotalMilliseconds;
        foreach (Segment segment in segments.SkipLast(1))
        {
            string? reason = segment.LatestExpiry <= now ? "its messages have expired"
                : segment.LatestTime <= oldest ? "it is past Journal:Retention"
                : total > services.Settings.MaxBytes ? "the journal is larger than Journal:MaxBytes"
                : null;
            if (reason is null)
                continue;
            due.Add((segment, reason));
            total -= segment.Length;
        }

        return due;
    }
}
