using PushNode.Diagnostics;
using PushNode.Messages;

namespace PushNode.Storage.Mongo;

/// <summary>How the numbering of one channel stands while a batch is being appended.</summary>
internal sealed class ChannelNumbering(Channel channel)
{
    // The highest number that is known to be stored. What the database says may be behind it, when it has a new primary.
    private long known;
    private Moment? asked;

    public Channel Channel => channel;

    /// <summary>From where numbering goes on.</summary>
    public long Head { get; private set; }

    /// <summary>When numbering was there at the latest, in Unix milliseconds: it may have gone on since, but not before. Of a head that is certain.</summary>
    public long HeadTime => asked?.Time.ToUnixTimeMilliseconds() ?? 0;

    /// <summary>Whether <see cref="Head"/> has to be asked for before anything is numbered.</summary>
    public bool IsHeadUnknown => asked is null;

    /// <summary>Whether <see cref="Head"/> is what the database said, or follows from it, and not a hint.</summary>
    public bool IsHeadCertain { get; private set; }

    /// <summary>Whether any of its messages that wait may be stored already, by an attempt whose answer did not come or by another node.</summary>
    public bool IsInDoubt { get; private set; }

    /// <summary>A number to hold before numbering leaves it out (<see cref="ChannelHead.GapAt"/>); 0 when there is none.</summary>
    public long Gap { get; set; }

    /// <summary>No number above this may be used yet.</summary>
    public long Top { get; private set; }

    /// <summary>The number the next message of the attempt gets.</summary>
    public long Next { get; set; }

    /// <summary>The number of the newest message of the batch that has been stored; 0 when none has.</summary>
    public long Stored { get; private set; }

    /// <summary>This number is stored, and was the head less than a day ago. The top has been raised in whole steps above every number in use.</summary>
    public void TakeHint(long head, Moment when)
    {
        known = head;
        Head = head;
        Top = ChannelHead.TopFor(head);
        asked = when;
    }

    /// <summary>Numbering goes on from here, as the database says (<see cref="ChannelHead.BaseAt"/>).</summary>
    /// <param name="from">From where.</param>
    /// <param name="gap">A number to hold before.</param>
    /// <param name="top">Up to where it may go.</param>
    /// <param name="when">When the database was asked.</param>
    public void Learn(long from, long gap, long top, Moment when)
    {
        Head = Math.Max(from, known);
        Gap = gap;
        Top = Math.Max(Top, top);
        IsHeadCertain = true;
        asked = when;
    }

    /// <summary>Whether what is known was asked for longer ago than this.</summary>
    public bool IsOlderThan(TimeSpan age, TimeProvider time) => asked?.Age(time) > age;

    /// <summary>A message is stored under the next number.</summary>
    public void Advance(long seq)
    {
        known = seq;
        Head = seq;
        Stored = seq;
        // It was the next one, or it would have been refused.
        IsHeadCertain = true;
    }

    public void Raised(long top) => Top = Math.Max(Top, top);

    /// <summary>What is known has to be found out again: where the channel is, and if need be what is stored of it.</summary>
    public void Distrust(bool inDoubt)
    {
        asked = null;
        IsHeadCertain = false;
        IsInDoubt |= inDoubt;
    }

    /// <summary>Which messages are stored has been found out.</summary>
    public void Trust() => IsInDoubt = false;
}
