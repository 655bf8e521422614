namespace PushNode.Storage.Journal.State;

/// <summary>What the state log knows of the segments, so that one that is missing is told from one that was dropped.</summary>
internal sealed class SegmentRecords
{
    private readonly HashSet<int> dropped = [];
    private readonly HashSet<(int Segment, long From)> damage = [];

    /// <summary>Every segment below it was dropped.</summary>
    public int First { get; private set; } = 1;

    /// <summary>The highest segment number that is known of.</summary>
    public int Highest { get; private set; }

    /// <summary>The last segment and its length when the journal was last closed in order; null when it has been opened since.</summary>
    public (int Segment, long Length)? Closed { get; private set; }

    /// <summary>How the journal was opened last; null before the first time.</summary>
    public JournalSync? Opened { get; private set; }

    public bool IsDropped(int number) => number < First || dropped.Contains(number);

    /// <summary>Whether numbering has been moved on for the damage that begins here.</summary>
    public bool IsKnownDamage(int segment, long from) => damage.Contains((segment, from));

    public void Drop(int number)
    {
        dropped.Add(number);
        damage.RemoveWhere(d => d.Segment == number);
        Highest = Math.Max(Highest, number);
        while (dropped.Remove(First))
            First++;
    }

    public void NoteDamage(int segment, long from) => damage.Add((segment, from));

    public void NoteOpened(JournalSync sync)
    {
        Opened = sync;
        Closed = null;
    }

    public void NoteClosed(int segment, long length)
    {
        Closed = (segment, length);
        Highest = Math.Max(Highest, segment);
    }

    public void NoteFirst(int number)
    {
        First = Math.Max(First, number);
        Highest = Math.Max(Highest, number - 1);
    }

    /// <summary>All of it as records.</summary>
    public IEnumerable<StateRecord> ToRecords()
    {
        yield return new StateRecord(StateKind.FirstSegment, First);
        foreach (int number in dropped)
            yield return new StateRecord(StateKind.Dropped, number);
        foreach ((int segment, long from) in damage)
            yield return new StateRecord(StateKind.KnownDamage, from, Text(segment));
        if (Opened is { } sync)
            yield return new StateRecord(StateKind.Opened, (long)sync);
        if (Closed is { } closed)
            yield return new StateRecord(StateKind.Closed, closed.Length, Text(closed.Segment));
    }

    public static string Text(int segment) => segment.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
