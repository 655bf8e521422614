using PushNode.Settings;

namespace PushNode.Storage.Journal;

/// <summary>Keeps a second process out of the data folder, as long as it is held.</summary>
internal sealed class FolderLock : IDisposable
{
    private const string FileName = "lock";

    /// <summary>What the runtime reports for a file that somebody else has locked: the system's own number.</summary>
    private static readonly int InUse = OperatingSystem.IsWindows() ? unchecked((int)0x80070020) : OperatingSystem.IsMacOS() ? 35 : 11;

    private readonly FileStream file;

    private FolderLock(FileStream file) => this.file = file;

    /// <summary>Makes the folder if need be, and locks it.</summary>
    /// <exception cref="SettingsException">It cannot be written, or another process has it.</exception>
    public static FolderLock Take(DataFolder folder)
    {
        try
        {
            DataFolder.MakePrivate(folder.Path);
            return new FolderLock(new FileStream(Path.Combine(folder.Path, FileName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e) when (e.HResult == InUse)
        {
            throw new SettingsException("Data", folder.Path, "another pushnode uses this folder; stop it, or name another folder");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException("Data", folder.Path, $"it cannot be written ({e.Message.TrimEnd('.')}); name a folder that this user may write");
        }
    }

    public void Dispose() => file.Dispose();
}
