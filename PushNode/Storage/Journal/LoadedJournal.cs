using PushNode.Settings;
using PushNode.Storage.Journal.State;

namespace PushNode.Storage.Journal;

/// <summary>A journal as it was read from the disk, not yet in use.</summary>
/// <param name="Index">What is in memory.</param>
/// <param name="Log">The log of what outlives segments.</param>
/// <param name="Writer">Ready to go on.</param>
/// <param name="Folder">Where it is.</param>
internal sealed record LoadedJournal(JournalIndex Index, StateLog Log, SegmentWriter Writer, JournalFolder Folder) : IDisposable
{
    /// <exception cref="SettingsException">The folder cannot be read or written.</exception>
    public static LoadedJournal Load(DataFolder data, JournalServices services)
    {
        var folder = JournalFolder.In(data);
        var index = new JournalIndex();
        var log = new StateLog(new JournalState(index, services.Settings.MaxCursorsPerUser), folder, services.Disk, services.Logger);
        var writer = new SegmentWriter(folder, index.Segments, services);
        var loaded = new LoadedJournal(index, log, writer, folder);
        try
        {
            DataFolder.MakePrivate(folder.Path);
            services.Disk.SyncFolder(data.Path);
            var recovery = new Recovery(folder, index, log, services);
            writer.Resume(recovery.Run(), recovery.LastNumber);
            return loaded;
        }
        catch (Exception e)
        {
            loaded.Dispose();
            if (e is IOException or UnauthorizedAccessException or StoreUnavailableException)
            {
                string remedy = "see that this user may read and write it and that there is room";
                throw new SettingsException("Data", data.Path, $"the journal in it cannot be opened ({e.Message.TrimEnd('.')}); {remedy}");
            }

            throw;
        }
    }

    public void Dispose()
    {
        Log.Dispose();
        foreach (Segment segment in Index.Segments.Segments)
            segment.File.Dispose();
    }
}
