using PushNode.Settings;

namespace PushNode.Storage.Journal;

/// <summary>Keeps a second process out of the data folder, as long as it is held.</summary>
internal sealed class FolderLock : IDisposable
{
    private const string FileName = "lock";

    private readonly FileStream file;

    private FolderLock(FileStream file) => this.file = file;

    /// <summary>Makes the folder if need be, and locks it.</summary>
    /// <exception cref="SettingsException">It cannot be written, or another process has it.</exception>
    public static FolderLock Take(DataFolder folder)
    {
        string path = Path.Combine(folder.Path, FileName);
        try
        {
            Directory.CreateDirectory(folder.Path);
            File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.ReadWrite).Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Refuse(folder, $"it cannot be written ({e.Message.TrimEnd('.')}); name a folder that this user may write");
        }

        try
        {
            return new FolderLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException)
        {
            throw Refuse(folder, "another pushnode uses this folder; stop it, or name another folder");
        }
    }

    public void Dispose() => file.Dispose();

    private static SettingsException Refuse(DataFolder folder, string remedy) => new("Data", folder.Path, remedy);
}
