using PushNode.Settings;

namespace PushNode.Hosting;

/// <summary>Makes sure that a node can keep things on disk.</summary>
internal static class DataFolderCheck
{
    /// <summary>Makes the folder if it is not there (for its owner only: keys are kept in it) and finds out whether files can be made in it.</summary>
    /// <exception cref="SettingsException">They cannot.</exception>
    public static void Run(string path)
    {
        try
        {
            DataFolder.MakePrivate(path);
            string probe = Path.Combine(path, $".probe-{Guid.NewGuid():N}");
            using (new FileStream(probe, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Options = FileOptions.DeleteOnClose }))
            {
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException(nameof(NodeOptions.Data), path, $"files cannot be made in this folder ({e.Message.TrimEnd('.')}); choose another with --data, or change its owner or its mode");
        }
    }
}
