using PushNode.Storage.Journal.State;

namespace PushNode.Storage.Journal;

/// <summary>
/// Builds the index from what is on the disk, and makes sure that no seq is ever used twice:
/// <list type="number">
/// <item>What is lost (a torn end, damage, a missing file) can have held so many messages at most. Every channel's numbering skips that many: to clients
/// the numbers in between have expired.</item>
/// <item>When the state log is lost, so are the heads of channels without messages, and nothing bounds them: the store gets a new epoch, in which
/// numbers mean something else.</item>
/// <item>The damage stays as it is until the skip is on the disk; only then a torn end is cut off.</item>
/// </list>
/// </summary>
internal sealed class Recovery(JournalFolder folder, JournalIndex index, StateLog log, JournalServices services)
{
    /// <summary>More messages than the largest segment can hold.</summary>
    private const long MaxSegmentMessages = 1 << 26;

    /// <summary>More messages than a system keeps in memory before it writes them.</summary>
    private const long MaxUnsyncedMessages = 1L << 32;

    private readonly Disk disk = services.Disk;
    private readonly ILogger logger = services.Logger;
    private readonly JournalState state = log.State;
    private readonly List<(Segment Segment, SegmentLoad Load)> loads = [];
    private long lost;

    /// <summary>The highest segment number that was ever used.</summary>
    public int LastNumber { get; private set; }

    /// <summary>Reads the segments. Returns the last one when writing can go on in it, else null.</summary>
    public Segment? Run()
    {
        StateFound found = log.Load();
        List<int> numbers = DeleteDropped(folder.ListSegments());
        if (found is StateFound.Missing or StateFound.Damaged)
            StartEpoch(found, numbers);
        RemoveUnfinished(numbers);
        Load(numbers);
        CountMissing(numbers);
        CountUnsynced();
        if (lost > 0)
        {
            index.SkipAhead(lost);
            logger.SkippedAhead(lost);
        }

        if (lost > 0 || found == StateFound.Damaged)
        {
            state.Cursors.Clamp(index);
            log.Close();
        }

        state.Segments.NoteOpened(services.Settings.Sync);
        log.Save([new StateRecord(StateKind.Opened, (long)services.Settings.Sync)]);
        FinishNewest();
        return FindSound();
    }

    private List<int> DeleteDropped(List<int> numbers)
    {
        LastNumber = Math.Max(numbers.LastOrDefault(), state.Segments.Highest);
        foreach (int number in numbers.Where(state.Segments.IsDropped))
            disk.Delete(folder.SegmentPath(number));
        return [.. numbers.Where(number => !state.Segments.IsDropped(number))];
    }

    private void StartEpoch(StateFound found, List<int> numbers)
    {
        state.TakeNewEpoch();
        if (numbers.Count > 0)
            state.Segments.NoteFirst(numbers[0]);
        if (numbers.Count > 0 || found == StateFound.Damaged)
            logger.StateLost(folder.StatePath, state.Epoch);
    }

    private void RemoveUnfinished(List<int> numbers)
    {
        if (numbers.Count == 0 || numbers[^1] <= state.Segments.Highest)
            return;
        int newest = numbers[^1];
        string path = folder.SegmentPath(newest);
        if (new FileInfo(path).Length >= SegmentHeader.Length)
            return;

        // The header is forced to the disk before any message is written, so there was none.
        disk.Delete(path);
        logger.UnfinishedSegmentRemoved(path);
        numbers.RemoveAt(numbers.Count - 1);
        LastNumber = Math.Max(numbers.LastOrDefault(), newest - 1);
    }

    private void Load(List<int> numbers)
    {
        var loader = new SegmentLoader(index, services);
        foreach (int number in numbers)
        {
            string path = folder.SegmentPath(number);
            var segment = new Segment(number, path, disk.Open(path, FileMode.Open));
            SegmentLoad load = loader.Load(segment);
            index.Segments.Add(segment);
            loads.Add((segment, load));
            CountDamage(segment, load, newest: number == numbers[^1]);
        }
    }

    private void CountDamage(Segment segment, SegmentLoad load, bool newest)
    {
        foreach ((long from, long to) in load.Damage)
        {
            bool torn = newest && from == load.End;
            if (!torn)
                logger.SegmentDamaged(segment.Path, from, to);
            if (state.Segments.IsKnownDamage(segment.Number, from))
                continue;
            lost += ((to - from) / MessageRecord.MinLength) + 1;
            if (!torn)
                state.Segments.NoteDamage(segment.Number, from);
        }
    }

    private void CountMissing(List<int> numbers)
    {
        for (int number = state.Segments.First; number <= LastNumber; number++)
        {
            if (state.Segments.IsDropped(number) || numbers.Contains(number))
                continue;
            logger.SegmentMissing(folder.SegmentPath(number));
            lost += MaxSegmentMessages;
            state.Segments.Drop(number);
        }
    }

    private void CountUnsynced()
    {
        if (state.Segments.Closed is not { } closed)
        {
            if (state.Segments.Opened is { } sync and not JournalSync.EveryBatch)
                lost += MaxUnsyncedMessages;
            return;
        }

        long length = index.Segments.Find(closed.Segment)?.Length ?? closed.Length;
        if (length < closed.Length)
        {
            logger.SegmentShortened(folder.SegmentPath(closed.Segment), closed.Length, length);
            lost += ((closed.Length - length) / MessageRecord.MinLength) + 1;
        }
    }

    /// <summary>Cuts a torn end off, and makes sure of the rest: a process that was killed may have written it and not forced it to the disk.</summary>
    private void FinishNewest()
    {
        if (loads.Count == 0)
            return;
        (Segment newest, SegmentLoad load) = loads[^1];
        long length = RandomAccess.GetLength(newest.File);
        if (length > load.End)
        {
            if (load.Damage is [.., (var from, var to)] && from == load.End)
                logger.TailCut(newest.Path, from, to - from);
            disk.Truncate(newest.File, load.End);
        }

        disk.Sync(newest.File);
    }

    private Segment? FindSound()
    {
        if (loads.Count == 0)
            return null;
        (Segment newest, SegmentLoad load) = loads[^1];
        bool sound = load.Damage.All(d => d.From == load.End) && load.End >= SegmentHeader.Length && newest.Number == LastNumber;
        return sound ? newest : null;
    }
}
