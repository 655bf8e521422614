using Microsoft.Extensions.Logging.Abstractions;
using PushNode.Settings;
using PushNode.Storage.Journal.State;

namespace PushNode.Storage.Journal;

/// <summary>
/// Gives a journal that no node uses a new epoch, as after restoring an older copy: what was numbered since the copy was made is numbered again, for other
/// messages, so positions of before mean nothing any more. Messages, heads and revocations stay.
/// </summary>
internal static class EpochRenewal
{
    /// <summary>Returns the epoch there was and the one there is now.</summary>
    /// <exception cref="SettingsException">There is no journal in the folder, a node uses it, or it cannot be read or written.</exception>
    public static (string Before, string Now) Run(DataFolder data, Disk disk)
    {
        var folder = JournalFolder.In(data);
        if (!File.Exists(folder.StatePath))
            throw Refusal(data, $"there is no {Path.GetRelativePath(data.Path, folder.StatePath)} in it; name the data folder of a node. One whose state is lost takes a new epoch by itself when it starts");
        using FolderLock held = FolderLock.Take(data);
        using var log = new StateLog(new JournalState(new JournalIndex(), int.MaxValue), folder, disk, NullLogger.Instance);
        try
        {
            if (log.Load() == StateFound.Damaged)
                throw Refusal(data, "the journal's state in it is damaged; start the node: it takes a new epoch by itself");
            string before = log.State.Epoch;
            log.RenewEpoch();
            return (before, log.State.Epoch);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or StoreUnavailableException)
        {
            throw Refusal(data, $"the journal's state in it cannot be renewed ({e.Message.TrimEnd('.')}); see that this user may read and write it and that there is room");
        }
    }

    private static SettingsException Refusal(DataFolder data, string remedy) => new("Data", data.Path, remedy);
}
