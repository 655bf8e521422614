using System.Globalization;

namespace PushNode.Storage.Journal.State;

/// <summary>What outlives segments, in memory: epoch, heads (in the index), cursors, revocations, and what is known of the segments.</summary>
/// <param name="index">What has the heads.</param>
/// <param name="maxCursorsPerUser">See <see cref="JournalSettings.MaxCursorsPerUser"/>.</param>
internal sealed class JournalState(JournalIndex index, int maxCursorsPerUser)
{

    /// <summary>The store's epoch; empty until one is read or taken.</summary>
    public string Epoch { get; private set; } = "";

    public CursorTable Cursors { get; } = new(maxCursorsPerUser);

    public RevocationTable Revocations { get; } = new();

    public SegmentRecords Segments { get; } = new();

    public void TakeNewEpoch() => Epoch = Epochs.Create();

    /// <summary>Takes up what a record of the state log says; a kind of a later version is passed over.</summary>
    public void Apply(in StateRecord record)
    {
        switch (record.Kind)
        {
            case StateKind.Epoch:
                if (record.First != Epoch)
                    Cursors.Outdate();
                Epoch = record.First;
                break;
            case StateKind.Head:
                ChannelIndex channel = index.GetOrAdd(record.First);
                channel.RaiseHead(record.Number);
                channel.RecordedHead = channel.Head;
                break;
            case StateKind.Cursor:
                Cursors.Restore(record.First, record.Second, record.Third, record.Number);
                break;
            case StateKind.Revocation:
                Revocations.Raise(record.First, record.Number);
                break;
            case StateKind.Floor:
                index.Floor = record.Number;
                break;
            default:
                ApplyToSegments(record);
                break;
        }
    }

    /// <summary>All of it as records. Cursors and heads count as recorded from now on, so they must be written now.</summary>
    public IEnumerable<StateRecord> ToRecords()
    {
        yield return new StateRecord(StateKind.Epoch, 0, Epoch);
        yield return new StateRecord(StateKind.Floor, index.Floor);
        foreach (StateRecord record in Segments.ToRecords())
            yield return record;
        foreach (StateRecord record in TakeHeads(all: true))
            yield return record;
        foreach (StateRecord record in Cursors.TakeAll())
            yield return record;
        foreach ((string userId, long before) in Revocations.List())
            yield return new StateRecord(StateKind.Revocation, before, userId);
    }

    /// <summary>The heads that are above what is recorded, or all; they count as recorded from now on.</summary>
    public IEnumerable<StateRecord> TakeHeads(bool all = false)
    {
        foreach ((string name, ChannelIndex channel) in index.Channels)
        {
            long head = channel.Head;
            if (head == 0 || (!all && head == channel.RecordedHead))
                continue;
            channel.RecordedHead = head;
            yield return new StateRecord(StateKind.Head, head, name);
        }
    }

    private void ApplyToSegments(in StateRecord record)
    {
        switch (record.Kind)
        {
            case StateKind.FirstSegment:
                Segments.NoteFirst((int)record.Number);
                break;
            case StateKind.Dropped:
                Segments.Drop((int)record.Number);
                break;
            case StateKind.Opened:
                Segments.NoteOpened((JournalSync)record.Number);
                break;
            case StateKind.Closed:
                Segments.NoteClosed(int.Parse(record.First, CultureInfo.InvariantCulture), record.Number);
                break;
            case StateKind.KnownDamage:
                Segments.NoteDamage(int.Parse(record.First, CultureInfo.InvariantCulture), record.Number);
                break;
        }
    }
}
