namespace PushNode.Storage.Journal;

/// <summary>
/// Room on the disk, taken in good times: before a segment can be dropped the heads must be written, so on a full disk without a reserve nothing could
/// ever be dropped.
/// </summary>
internal sealed class SpaceReserve(JournalFolder folder, JournalServices services)
{
    private const long MinLength = 1 << 20;

    private long length;

    /// <summary>Gives the room free; false when there was none.</summary>
    public bool Release()
    {
        bool held = length > 0;
        services.Disk.Delete(folder.ReservePath);
        length = 0;
        return held;
    }

    /// <summary>Takes at least this much room, or what is there already. Without room there is no reserve, until the next time.</summary>
    public void Keep(long bytes)
    {
        if (length >= Math.Max(bytes, MinLength))
            return;
        try
        {
            long wanted = Math.Max(2 * bytes, MinLength);
            services.Disk.Allocate(folder.ReservePath, wanted);
            length = wanted;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            services.Logger.NoReserve(folder.ReservePath, e);
            length = 0;
        }
    }
}
