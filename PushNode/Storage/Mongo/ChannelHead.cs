namespace PushNode.Storage.Mongo;

/// <summary>
/// What the database knows of where a channel's numbering is. Records go when they are old, newer ones sometimes before older ones, as each has a ttl of its own; so
/// the newest record says where the numbering is only while it is young. What does not go is <paramref name="Top"/>: no number above it has been used. It is
/// raised, in steps, before one is.
/// <para>
/// Records are kept for three days at least. A newest record younger than a day is the newest there was, and numbering goes on from it. Behind an older one, or
/// none, it goes on from the top, so that no number is used twice. Readers take the newest record for the head for half a day longer: whatever their clocks say, they
/// never believe a number to be past that a collector may still give.
/// </para>
/// </summary>
/// <param name="Newest">The highest number of a record; 0 when there is none.</param>
/// <param name="NewestTime">When that message was accepted, in Unix milliseconds; 0 for a number that is only held.</param>
/// <param name="Top">No number above this one has been used; 0 for a channel that never had a message.</param>
/// <param name="From">Where the numbering was when the top was last raised.</param>
/// <param name="RaisedAt">When numbering was there at the latest, as far as the one who raised it knew, in Unix milliseconds.</param>
internal readonly record struct ChannelHead(long Newest, long NewestTime, long Top, long From, long RaisedAt)
{
    /// <summary>By how much the top is raised.</summary>
    public const int Step = 1024;

    private static readonly long Young = (long)TimeSpan.FromHours(24).TotalMilliseconds;
    private static readonly long YoungToReaders = (long)TimeSpan.FromHours(36).TotalMilliseconds;

    /// <summary>Whether a record of this time, if it is the newest there is, is the newest there was.</summary>
    public static bool IsHead(long recordTime, long now) => recordTime >= now - YoungToReaders;

    /// <summary>The top that has to stand before the number is used.</summary>
    public static long TopFor(long seq) => (seq + Step - 1) / Step * Step;

    /// <summary>The channel's head.</summary>
    public long HeadAt(long now) => HeadSince(now - YoungToReaders);

    /// <summary>From where numbering goes on. Where a number is held, somebody is leaving numbers out, whatever this node's clock says: it goes on from the top too.</summary>
    public long BaseAt(long now) => IsHeld ? Math.Max(Newest, Top) : HeadSince(now - Young);

    /// <summary>
    /// The number that somebody whose clock is behind might still give, when numbering leaves it out: it is held, by a record without a message, before anybody
    /// can see that it is left out. 0 when there is none.
    /// </summary>
    public long GapAt(long now) => BaseAt(now) > Known ? Known + 1 : 0;

    private bool IsHeld => Newest > From && NewestTime == 0;

    private long Known => Math.Max(Newest, From);

    private long HeadSince(long young) =>
        (Newest > 0 && NewestTime >= young) || RaisedAt >= young ? Known : Math.Max(Newest, Top);
}
