namespace PushNode.Collect;

/// <summary>
/// Whether it is likely that a batch grows while it is held back. It does when many producers send, and does not for one that sends its next message when the last one is answered:
/// that one would only be slowed down.
/// </summary>
internal struct RestGain
{
    /// <summary>Batches in a row that gained nothing, until it is given up.</summary>
    private const int Patience = 4;

    /// <summary>Batches until it is tried again.</summary>
    private const int Break = 100;

    private int misses;
    private int skipped;

    public readonly bool IsLikely => misses < Patience;

    /// <param name="rested">Whether the batch was held back.</param>
    /// <param name="submissions">How many producers' submissions it has.</param>
    public void Note(bool rested, int submissions)
    {
        if (submissions > 1)
            misses = skipped = 0;
        else if (rested)
            misses++;
        else if (++skipped == Break)
            misses = skipped = 0;
    }
}
