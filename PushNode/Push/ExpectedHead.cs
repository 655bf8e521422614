namespace PushNode.Push;

/// <summary>
/// How far a channel is said to reach, by others than the deliveries: by hints, which may be wrong, and by the store. Under its feed's lock.
/// </summary>
internal struct ExpectedHead
{
    private long sought;
    private long refuted;

    /// <summary>The highest head that was told and not refuted; 0 while none was.</summary>
    public long Seq { get; private set; }

    /// <summary>A hint. One that the store has refuted before is passed over.</summary>
    public void Hint(long head)
    {
        if (head > refuted)
            Tell(head);
    }

    /// <summary>The head as the store has it.</summary>
    public void Tell(long head) => Seq = Math.Max(Seq, head);

    /// <summary>The store is about to be read.</summary>
    public void Seek() => sought = Seq;

    /// <summary>
    /// The store has been read to its end, which is here. It has the last word on what was told before: a head above its own is of another life of the store, or was
    /// never true.
    /// </summary>
    public void Found(long head)
    {
        if (sought <= head)
            return;
        refuted = Math.Max(refuted, sought);
        if (Seq <= sought)
            Seq = head;
    }
}
