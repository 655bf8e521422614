using PushNode.Messages;

namespace PushNode.Storage.Mongo;

/// <summary>How the numbering of one channel stands while a batch is being appended.</summary>
internal sealed class ChannelNumbering(Channel channel)
{
    public Channel Channel => channel;

    /// <summary>The highest number that is known to be stored; numbering goes on from it.</summary>
    public long Head { get; private set; }

    /// <summary>Whether <see cref="Head"/> has to be asked for before anything is numbered.</summary>
    public bool IsHeadUnknown { get; private set; } = true;

    /// <summary>Which messages of the batch may be stored already, by an attempt whose answer did not come or by another node.</summary>
    public Doubt Doubt { get; private set; }

    /// <summary>A number to hold before numbering leaves it out (<see cref="ChannelHead.GapAt"/>); 0 when there is none.</summary>
    public long Gap { get; set; }

    /// <summary>No number above this may be used yet.</summary>
    public long Top { get; private set; }

    /// <summary>The number the next message of the attempt gets.</summary>
    public long Next { get; set; }

    /// <summary>The number of the newest message of the batch that has been stored; 0 when none has.</summary>
    public long Stored { get; private set; }

    /// <summary>Whether <see cref="Head"/> is what the database said, or follows from it, and not a hint.</summary>
    public bool IsHeadCertain { get; private set; }

    /// <summary>When <see cref="Head"/> was found out.</summary>
    public Moment LearnedAt { get; private set; }

    /// <summary>The head is known from a hint. The top has been raised in whole steps above every number in use.</summary>
    public void TakeHint(long head, Moment now)
    {
        Head = head;
        Top = ChannelHead.TopFor(head);
        LearnedAt = now;
        IsHeadUnknown = false;
    }

    /// <summary>The head is known from the database.</summary>
    public void Learn(long head, long gap, long top, Moment now)
    {
        Head = head;
        Gap = gap;
        Top = Math.Max(Top, top);
        LearnedAt = now;
        IsHeadCertain = true;
        IsHeadUnknown = false;
    }

    /// <summary>A message is stored under the next number.</summary>
    public void Advance(long seq)
    {
        Head = Math.Max(Head, seq);
        Stored = seq;
        // It was the next one, or it would have been refused.
        IsHeadCertain = true;
    }

    public void Raised(long top) => Top = Math.Max(Top, top);

    /// <summary>What is known has to be found out again.</summary>
    public void Distrust(Doubt doubt)
    {
        IsHeadUnknown = true;
        IsHeadCertain = false;
        if (doubt > Doubt)
            Doubt = doubt;
    }

    /// <summary>Which messages are stored has been found out.</summary>
    public void Trust() => Doubt = Doubt.None;
}
