namespace PushNode.Bench;

/// <summary>What one connection was delivered of the channel that is measured: each number once, in rising order, none left out.</summary>
internal sealed class SequenceCheck
{
    private long last;
    private List<long>? missing;

    /// <summary>Messages of this run that came, each counted once.</summary>
    public long Received { get; private set; }

    /// <summary>A sum over what came as what; the same as the <see cref="Promises"/>' when it is the same.</summary>
    public ulong Sum { get; private set; }

    public long Doubled { get; private set; }

    public long OutOfOrder { get; private set; }

    /// <summary>The newest number that came, or the one it started after.</summary>
    public long Last => last;

    /// <summary>Numbers that were passed over and have not come.</summary>
    public int Missing => missing?.Count ?? 0;

    /// <summary>What comes next is what is after this number.</summary>
    public void Start(long seq) => last = seq;

    /// <summary>Takes a message; false when it had come before.</summary>
    /// <param name="seq">Its number in the channel.</param>
    /// <param name="number">Its number in this run; 0 when somebody else has sent it.</param>
    public bool Take(long seq, long number)
    {
        if (seq == last + 1)
        {
            last = seq;
        }
        else if (seq > last)
        {
            Pass(seq);
        }
        else if (missing?.Remove(seq) == true)
        {
            OutOfOrder++;
        }
        else
        {
            Doubled++;
            return false;
        }

        if (number > 0)
        {
            Received++;
            Sum += Fingerprint(seq, number);
        }

        return true;
    }

    /// <summary>A number that hardly another pair has.</summary>
    public static ulong Fingerprint(long seq, long number)
    {
        ulong mixed = ((ulong)seq * 0x9E3779B97F4A7C15) ^ (ulong)number;
        mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
        return mixed ^ (mixed >> 31);
    }

    // Bounded: a channel whose numbers jump far (a store that was damaged does that) has not lost so many.
    private void Pass(long seq)
    {
        const int mostRemembered = 10_000;
        missing ??= [];
        for (long passed = last + 1; passed < seq && missing.Count < mostRemembered; passed++)
            missing.Add(passed);
        last = seq;
    }
}
