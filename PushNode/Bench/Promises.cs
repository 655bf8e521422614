namespace PushNode.Bench;

/// <summary>What the node has promised, so answered 202, of one channel.</summary>
internal struct Promises
{
    /// <summary>Messages with a 202.</summary>
    public long Accepted { get; private set; }

    /// <summary>As <see cref="SequenceCheck.Sum"/>.</summary>
    public ulong Sum { get; private set; }

    /// <summary>Messages that were neither promised nor surely refused: they may come, or not.</summary>
    public long Unknown { get; private set; }

    public void Accept(long seq, long number)
    {
        Accepted++;
        Sum += SequenceCheck.Fingerprint(seq, number);
    }

    public void Forget() => Unknown++;

    /// <summary>Compares what was promised with what a connection was delivered.</summary>
    public readonly Verdict Compare(SequenceCheck delivered)
    {
        long lost = Math.Max(0, Accepted - delivered.Received);
        // Where nobody knows how many there are, a number that never came is taken as lost: rather a false alarm than none.
        if (lost == 0 && Unknown > 0)
            lost = delivered.Missing;
        bool isSame = Unknown > 0 || lost > 0 || (delivered.Sum == Sum && delivered.Received == Accepted);
        return new Verdict(lost, delivered.Doubled, delivered.OutOfOrder, isSame ? 0 : 1);
    }
}
