using PushNode.Settings;

namespace PushNode.Storage.Journal;

/// <summary>The embedded journal.</summary>
internal sealed class JournalSettings : ISettings
{
    private const long MiB = 1 << 20;
    private const int MaxSegments = 4096;

    public static string Section => "Journal";

    /// <summary>When a batch is forced to the disk.</summary>
    public JournalSync Sync { get; set; } = JournalSync.EveryBatch;

    /// <summary>With <see cref="JournalSync.EveryIntervalLosingUpToIt"/>: how often, 10 ms to 1 minute.</summary>
    public TimeSpan SyncInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>From which size on a new segment file is begun, 1 MiB to 1 GiB. Messages are dropped a segment at a time.</summary>
    public long SegmentBytes { get; set; } = 64 * MiB;

    /// <summary>How long a message is kept, whatever its ttl; 1 minute to 10 years.</summary>
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How much is kept; past it the oldest segments are dropped though their messages have not expired. At least two segments, at most 4,096.</summary>
    public long MaxBytes { get; set; } = 10 * 1024 * MiB;

    /// <summary>
    /// How many cursors, one for each device and channel, are kept for one user, 16 to 16,384. Past it the one moved longest ago is forgotten, and that device
    /// starts in that channel as one that has never been here.
    /// </summary>
    public int MaxCursorsPerUser { get; set; } = 1024;

    /// <summary>A segment older than this is closed though it is not full, so that retention works on a quiet node too.</summary>
    public TimeSpan SegmentAge => Retention / 24;

    public IEnumerable<SettingError> Check() =>
    [
        .. SettingError.Range($"{Section}:{nameof(SyncInterval)}", SyncInterval, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1)),
        .. SettingError.Range($"{Section}:{nameof(SegmentBytes)}", SegmentBytes, MiB, 1024 * MiB),
        .. SettingError.Range($"{Section}:{nameof(Retention)}", Retention, TimeSpan.FromMinutes(1), TimeSpan.FromDays(3650)),
        .. SettingError.Range($"{Section}:{nameof(MaxBytes)}", MaxBytes, 2 * SegmentBytes, MaxSegments * SegmentBytes),
        .. SettingError.Range($"{Section}:{nameof(MaxCursorsPerUser)}", MaxCursorsPerUser, 16, 16_384),
    ];
}
