namespace PushNode.Transport;

/// <summary>What a <see cref="Poller"/> watches.</summary>
internal interface IPolled
{
    /// <summary>Something may have changed, on the thread that all share: must neither wait nor work long.</summary>
    void Signal(uint events);
}
