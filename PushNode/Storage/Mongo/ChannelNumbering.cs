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

    /// <summary>The head is known.</summary>
    public void Learn(long head, long gap)
    {
        Head = head;
        Gap = gap;
        // The top has been raised in whole steps above every number in use.
        Top = Math.Max(Top, ChannelHead.TopFor(head));
        IsHeadUnknown = false;
    }

    /// <summary>A message is stored under the next number.</summary>
    public void Advance(long seq)
    {
        Head = Math.Max(Head, seq);
        Stored = seq;
    }

    public void Raised(long top) => Top = Math.Max(Top, top);

    /// <summary>What is known has to be found out again: where the channel is, and if need be what is stored of it.</summary>
    public void Distrust(bool inDoubt)
    {
        IsHeadUnknown = true;
        IsInDoubt |= inDoubt;
    }

    /// <summary>Which messages are stored has been found out.</summary>
    public void Trust() => IsInDoubt = false;
}
