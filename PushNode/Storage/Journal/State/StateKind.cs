namespace PushNode.Storage.Journal.State;

/// <summary>What a record of the state log says. The numbers are in files: never give one a second meaning.</summary>
internal enum StateKind : byte
{
    /// <summary>Text: the store's epoch. Cursors that stand before another one are of an earlier epoch.</summary>
    Epoch = 16,

    /// <summary>Number: the head of the channel in the first text.</summary>
    Head = 17,

    /// <summary>Number: the cursor of user, device and channel (empty: the user's own); -1 for one of an earlier epoch.</summary>
    Cursor = 18,

    /// <summary>Number: the time before which tokens issued to the user in the first text are void.</summary>
    Revocation = 19,

    /// <summary>Number: the head that channels without one start from.</summary>
    Floor = 20,

    /// <summary>Number: every segment below it was dropped.</summary>
    FirstSegment = 21,

    /// <summary>Number: this segment was dropped.</summary>
    Dropped = 22,

    /// <summary>Number: the <see cref="JournalSync"/> the journal was opened with.</summary>
    Opened = 23,

    /// <summary>The journal was closed in order. Number: the length of the last segment; first text: its number.</summary>
    Closed = 24,

    /// <summary>Number: where damage begins that numbering has been moved on for; first text: the segment's number.</summary>
    KnownDamage = 25,
}
