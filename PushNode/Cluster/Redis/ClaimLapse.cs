using PushNode.Diagnostics;

namespace PushNode.Cluster.Redis;

/// <summary>
/// Whether the claim may have lapsed while this process was suspended, so that another node may have it: told from the clocks alone, and true from the first
/// moment after it wakes. While it runs, and Redis is away, nothing lapses by this. A clock that counts a suspended machine and one that nobody sets are both
/// asked.
/// </summary>
/// <param name="lifetime">How long a claim lives after it was made to last.</param>
/// <param name="longestGap">How long the process may do nothing without being suspected: what is left to a claim when it is due to be made to last.</param>
/// <param name="time">The clocks.</param>
internal sealed class ClaimLapse(TimeSpan lifetime, TimeSpan longestGap, TimeProvider time)
{
    private volatile Moment renewed = Moment.Now(time);
    private volatile Moment awake = Moment.Now(time);
    private volatile Moment? lapsed;

    /// <summary>Whether it may have.</summary>
    public bool HasLapsed => lapsed is not null || (awake.Age(time) >= longestGap && renewed.Age(time) >= lifetime);

    /// <summary>How long ago that was noticed; zero when it has not.</summary>
    public TimeSpan Age => lapsed?.Age(time) ?? TimeSpan.Zero;

    /// <summary>How long ago the claim was made to last.</summary>
    public TimeSpan SinceRenewed => renewed.Age(time);

    /// <summary>The process is awake. To be called much more often than the longest gap.</summary>
    public void NoteAwake()
    {
        if (HasLapsed)
            lapsed ??= Moment.Now(time);
        awake = Moment.Now(time);
    }

    /// <summary>The claim was made to last; it was asked for at <paramref name="asked"/>.</summary>
    public void NoteRenewed(Moment asked)
    {
        renewed = asked;
        if (asked.Age(time) < lifetime)
            Forget();
    }

    /// <summary>It is taken that nobody else has it.</summary>
    public void Forget()
    {
        awake = Moment.Now(time);
        lapsed = null;
    }
}
