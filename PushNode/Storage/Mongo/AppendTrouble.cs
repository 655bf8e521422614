using PushNode.Diagnostics;

namespace PushNode.Storage.Mongo;

/// <summary>
/// Why a database that can be asked takes no messages, by what became of appends, and of the small writes that probe it. Those may succeed where messages are refused: the disk
/// of one shard is full, or a quota is. So a trouble that a probe has not met lasts until messages are stored, or none have been refused for a while: then the next ones
/// find out. However many are refused, the log has a line a minute, and one when it is over. Thread-safe.
/// </summary>
internal sealed class AppendTrouble(TimeProvider time, ILogger logger)
{
    /// <summary>When none have been refused for so long, and nothing is under way, it is over.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private readonly Occasional report = new(time, TimeSpan.FromMinutes(1));
    private volatile string? reason;
    private bool refuses;
    private bool hasProbeFailed;
    private bool isReported;
    private int underWay;
    private long failedAt;

    /// <summary>Why it takes none, as last known; null when it does.</summary>
    public string? Reason => reason;

    /// <summary>Why nothing is to be tried until a probe has succeeded; null when it may be.</summary>
    public string? Refusal
    {
        get
        {
            if (reason is null)
                return null;
            lock (gate)
                return refuses ? reason : null;
        }
    }

    private bool IsLongAgo => time.GetElapsedTime(failedAt) >= Quiet;

    /// <summary>Messages are on their way.</summary>
    public void Begin() => Interlocked.Increment(ref underWay);

    /// <summary>They are no more; what became of them is told next.</summary>
    public void End()
    {
        Interlocked.Decrement(ref underWay);
        if (reason is null)
            return;
        lock (gate)
            failedAt = time.GetTimestamp();
    }

    /// <summary>Messages have been stored. True when others had been refused untried.</summary>
    public bool Succeed()
    {
        if (reason is null)
            return false;
        lock (gate)
            return Clear();
    }

    /// <summary>Messages were not stored.</summary>
    /// <param name="messages">How many.</param>
    /// <param name="why">Why not.</param>
    /// <param name="isUnanswered">Whether they have waited long for an answer: others are not to, before a probe has succeeded.</param>
    /// <param name="isKnown">Whether it is told elsewhere.</param>
    public void Fail(int messages, string why, bool isUnanswered, bool isKnown)
    {
        lock (gate)
        {
            reason = why;
            refuses |= isUnanswered;
            failedAt = time.GetTimestamp();
            if (isKnown || !report.IsDue())
                return;
            isReported = true;
        }

        logger.MongoAppendFailed(messages, why);
    }

    /// <summary>Not even a probe was written.</summary>
    public void FailProbe(string why)
    {
        lock (gate)
        {
            reason = why;
            refuses = true;
            hasProbeFailed = true;
        }
    }

    /// <summary>A probe was written, so messages may be tried again. True when they had been refused untried.</summary>
    /// <param name="isOver">Whether that says that all is well, as the database could not be asked before.</param>
    public bool Allow(bool isOver)
    {
        lock (gate)
        {
            if (isOver || hasProbeFailed || (Volatile.Read(ref underWay) == 0 && IsLongAgo))
                return Clear();
            bool had = refuses;
            refuses = false;
            return had;
        }
    }

    /// <summary>Has the log tell that it is over, once it is and stays so; to be called again and again.</summary>
    /// <param name="hosts">Where the database is.</param>
    public void TellWhenOver(string hosts)
    {
        lock (gate)
        {
            if (!isReported || reason is not null || !IsLongAgo)
                return;
            isReported = false;
        }

        logger.MongoStoresAgain(hosts);
    }

    private bool Clear()
    {
        bool had = refuses;
        reason = null;
        refuses = false;
        hasProbeFailed = false;
        return had;
    }
}
