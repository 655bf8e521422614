namespace PushNode.Settings;

/// <summary>Where this node keeps what outlives it: journal, generated keys, lock. Set with the key <c>Data</c>.</summary>
/// <param name="Path">The folder; it is made when it does not exist.</param>
internal sealed record DataFolder(string Path)
{
    /// <summary>Makes the folder, for this user's eyes only; one that is there stays as it is.</summary>
    public static void MakePrivate(string path)
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(path);
        else
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }
}
