namespace PushNode.Transport;

/// <summary>What a <see cref="Poller"/> watches.</summary>
internal interface IPolled
{
    /// <summary>Something may have changed, on the thread that all share: must neither wait nor work long.</summary>
    /// <param name="events">What.</param>
    /// <param name="isCalm">Whether hardly anything else has to be told now, so that what is brief may be done right here: waking a thread costs more.</param>
    void Signal(uint events, bool isCalm);
}
