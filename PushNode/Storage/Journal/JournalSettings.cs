using System.Globalization;
using PushNode.Settings;

namespace PushNode.Storage.Journal;

/// <summary>The embedded journal.</summary>
internal sealed class JournalSettings : ISettings
{
    private const long MiB = 1 << 20;
    private const int MinSegments = 2;
    private const int MaxSegments = 4096;
    private const long DefaultMaxBytes = 10 * 1024 * MiB;

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
    public long MaxBytes { get; set; } = DefaultMaxBytes;

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
        .. CheckSize(),
        .. SettingError.Range($"{Section}:{nameof(MaxCursorsPerUser)}", MaxCursorsPerUser, 16, 16_384),
    ];

    // Of the two the one is named that was set.
    private IEnumerable<SettingError> CheckSize()
    {
        if (SegmentBytes is < MiB or > 1024 * MiB || (MaxBytes >= MinSegments * SegmentBytes && MaxBytes <= MaxSegments * SegmentBytes))
            yield break;
        const string segmentKey = $"Journal:{nameof(SegmentBytes)}";
        const string maxKey = $"Journal:{nameof(MaxBytes)}";
        string rule = string.Create(CultureInfo.InvariantCulture, $"{maxKey} must be {MinSegments} to {MaxSegments} times {segmentKey}");
        yield return MaxBytes == DefaultMaxBytes
            ? new SettingError(segmentKey, Text(SegmentBytes), $"{rule}, and is {Text(MaxBytes)}: set {maxKey} too, from {Text(MinSegments * SegmentBytes)} to {Text(MaxSegments * SegmentBytes)}")
            : new SettingError(maxKey, Text(MaxBytes), $"{rule}, which is {Text(SegmentBytes)}: so it must be from {Text(MinSegments * SegmentBytes)} to {Text(MaxSegments * SegmentBytes)}");
    }

    private static string Text(long bytes) => bytes.ToString(CultureInfo.InvariantCulture);
}
