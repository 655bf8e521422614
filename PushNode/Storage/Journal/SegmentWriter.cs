using Microsoft.Win32.SafeHandles;
using PushNode.Messages;

namespace PushNode.Storage.Journal;

/// <summary>
/// Writes the newest segment. What is behind the segment's <see cref="Segment.Length"/> is not confirmed; after a failure it is cut off before anything
/// else is written, and writing goes on in a new segment. Used by the appending thread only.
/// <para>Where every batch is forced to the disk the file is kept some way ahead, in zeros: a write that leaves the file as long as it was is forced there without
/// its inode, which halves what the disk has to do for a small batch.</para>
/// </summary>
internal sealed class SegmentWriter(JournalFolder folder, SegmentTable table, JournalServices services)
{
    private const int BufferLength = 1 << 20;
    private const int MinProbe = 4096;
    private const int AheadLength = 1 << 18;

    private static readonly byte[] Zeros = new byte[AheadLength];

    private readonly Disk disk = services.Disk;
    private readonly JournalSettings settings = services.Settings;
    private byte[] buffer = GC.AllocateUninitializedArray<byte>(BufferLength);
    private int buffered;
    private long written;
    private long fileLength;
    private Segment? active;
    private bool mustCut;
    private bool mustRoll = true;
    private bool unsynced;
    private long refused;
    private int lastNumber;

    /// <summary>The segment being written. Only after <see cref="Resume"/> or <see cref="Prepare"/>.</summary>
    public Segment Active => active!;

    /// <summary>Goes on behind the segments there are.</summary>
    /// <param name="sound">The last one, if it can be written to; else a new one is begun.</param>
    /// <param name="lastSegment">The highest number that was ever used.</param>
    public void Resume(Segment? sound, int lastSegment)
    {
        active = sound;
        written = fileLength = sound?.Length ?? 0;
        mustRoll = sound is null;
        lastNumber = lastSegment;
    }

    /// <summary>Makes the journal ready for a batch: repairs what a failure has left, begins a new segment when it is time.</summary>
    public void Prepare(long now)
    {
        if (mustCut)
        {
            Cut();
            disk.Sync(Active.File);
            mustCut = false;
        }

        // An empty segment is as good as a new one, and a full disk must not be filled with them.
        if (active?.Length == SegmentHeader.Length)
        {
            active.Created = now;
            mustRoll = false;
            return;
        }

        if (mustRoll || Active.Length >= settings.SegmentBytes || IsOld(now))
            Roll(now);
    }

    /// <summary>Throws when the disk would not take again what it has refused last.</summary>
    public void Probe()
    {
        int length = (int)Math.Clamp(refused, MinProbe, BufferLength);
        try
        {
            using SafeFileHandle file = disk.Open(folder.ProbePath, FileMode.Create);
            disk.Write(file, new byte[length], 0);
            disk.Sync(file);
        }
        finally
        {
            disk.Delete(folder.ProbePath);
        }
    }

    /// <summary>Adds a message to what <see cref="Commit"/> will confirm; returns where its record begins and how long it is.</summary>
    public (uint Offset, int Length) Append(Message message, long seq)
    {
        int length = MessageRecord.LengthOf(message);
        if (length > buffer.Length - buffered)
            WriteOut();
        if (length > buffer.Length)
            buffer = GC.AllocateUninitializedArray<byte>(length);
        MessageRecord.Write(buffer.AsSpan(buffered, length), message, seq);
        uint offset = (uint)(written + buffered);
        buffered += length;
        return (offset, length);
    }

    /// <summary>Writes what was added, and forces it to the disk if the settings want that now.</summary>
    public void Commit()
    {
        WriteOut();
        if (settings.Sync == JournalSync.EveryBatch)
            disk.Sync(Active.File);
        else
            unsynced = true;
        Active.Length = written;
    }

    /// <summary>Gives up what was added and not confirmed; <see cref="Prepare"/> will cut it off.</summary>
    public void Abandon()
    {
        buffered = 0;
        if (active is null)
            return;
        refused = written - active.Length;
        mustCut |= refused > 0;
        mustRoll |= mustCut;
        written = active.Length;
    }

    /// <summary>
    /// Forces what was confirmed before to the disk. When that fails it may or may not be there after a power cut, which is what the setting
    /// risks; it stays readable, and writing goes on in a new segment.
    /// </summary>
    /// <returns>False when it failed.</returns>
    public bool Sync()
    {
        if (!unsynced)
            return true;
        unsynced = false;
        try
        {
            disk.Sync(Active.File);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            mustRoll = true;
            services.Logger.SyncFailed(Active.Path, e);
            return false;
        }
    }

    /// <summary>Leaves the file as long as what was confirmed. When that fails what is behind it stays, and is known for what it is.</summary>
    public void Close()
    {
        try
        {
            if (active is not null)
                Cut();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            services.Logger.NotCut(Active.Path, e);
        }
    }

    private bool IsOld(long now) => now - Active.Created >= (long)settings.SegmentAge.TotalMilliseconds;

    private void WriteOut()
    {
        if (buffered == 0)
            return;

        // Counted before it is done: a write that fails may have written a part.
        long offset = written;
        int count = buffered;
        written += count;
        buffered = 0;
        disk.Write(Active.File, buffer.AsSpan(0, count), offset);
        if (settings.Sync != JournalSync.EveryBatch || written <= fileLength)
            return;
        int ahead = (int)Math.Clamp(settings.SegmentBytes - written, 0, AheadLength);
        fileLength = written + ahead;
        disk.Write(Active.File, Zeros.AsSpan(0, ahead), written);
    }

    private void Cut()
    {
        disk.Truncate(Active.File, Active.Length);
        fileLength = Active.Length;
    }

    private void Roll(long now)
    {
        Sync();
        Close();
        int number = lastNumber + 1;
        string path = folder.SegmentPath(number);
        SafeFileHandle file = disk.Open(path, FileMode.Create);
        try
        {
            disk.Write(file, SegmentHeader.Create(number, now), 0);
            disk.Sync(file);
            disk.SyncFolder(folder.Path);
        }
        catch
        {
            // The next attempt takes the same name and begins by emptying the file.
            file.Dispose();
            throw;
        }

        active = new Segment(number, path, file) { Created = now, Length = SegmentHeader.Length };
        written = fileLength = SegmentHeader.Length;
        mustRoll = false;
        lastNumber = number;
        table.Add(active);
    }
}
