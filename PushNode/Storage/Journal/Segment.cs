using Microsoft.Win32.SafeHandles;

namespace PushNode.Storage.Journal;

/// <summary>One file of the journal. Written by one thread, read by many.</summary>
/// <param name="number">Its place in the order of segments, from 1.</param>
/// <param name="path">The file.</param>
/// <param name="file">Open for reading and writing until the segment is dropped.</param>
internal sealed class Segment(int number, string path, SafeFileHandle file)
{
    private long length;
    private long latestTime;
    private long latestExpiry;

    public int Number { get; } = number;

    public string Path { get; } = path;

    public SafeFileHandle File { get; } = file;

    /// <summary>When it was begun, in Unix milliseconds.</summary>
    public long Created { get; set; }

    /// <summary>Up to where the file's records are good, in bytes.</summary>
    public long Length
    {
        get => Volatile.Read(ref length);
        set => Volatile.Write(ref length, value);
    }

    /// <summary>The latest time of its messages, in Unix milliseconds; 0 without messages.</summary>
    public long LatestTime => Volatile.Read(ref latestTime);

    /// <summary>When its last message expires, in Unix milliseconds; 0 without messages.</summary>
    public long LatestExpiry => Volatile.Read(ref latestExpiry);

    /// <summary>A message is in this segment.</summary>
    public void Include(long time, long expires)
    {
        if (time > latestTime)
            Volatile.Write(ref latestTime, time);
        if (expires > latestExpiry)
            Volatile.Write(ref latestExpiry, expires);
    }
}
