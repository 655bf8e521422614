using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using PushNode.Auth.Keys;
using PushNode.Settings;

namespace PushNode.Auth;

/// <summary>
/// The key a node makes for itself when none is configured: <c>signing.key</c> in its data folder, 32 random bytes in base64. The text is the secret, as
/// it would be in <c>Auth:Jwt:SecretFile</c>, so the file can be given there too.
/// </summary>
internal static partial class SigningKey
{
    public const string FileName = "signing.key";

    private const int KeyBytes = 32;
    private const string Damaged = $"{FileName} in it is not the base64 of 32 bytes; move it away and a new key is made (tokens signed with the old one end)";

    public static string PathIn(DataFolder data) => Path.Combine(data.Path, FileName);

    /// <summary>The folder's key, for who is no node and must not make one that no node has.</summary>
    /// <exception cref="SettingsException">There is none, or it cannot be read.</exception>
    public static HmacKey Load(DataFolder data) => File.Exists(PathIn(data))
        ? Read(data)
        : throw new SettingsException("Data", data.Path, $"no node has run with this data folder and a key of its own ({FileName}), so there is nothing to sign with; start the node first, or give its folder with --data");

    /// <summary>The folder's key; made when there is none. Safe when several processes do it at the same time: all get the same key.</summary>
    /// <exception cref="SettingsException">The folder cannot be written, or the file is damaged.</exception>
    public static HmacKey LoadOrCreate(DataFolder data)
    {
        string path = PathIn(data);
        try
        {
            if (!File.Exists(path))
                Create(data.Path, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException("Data", data.Path, $"{FileName} cannot be made in it: {e.Message}");
        }

        return Read(data);
    }

    private static HmacKey Read(DataFolder data)
    {
        try
        {
            string text = File.ReadAllText(PathIn(data)).TrimEnd('\r', '\n');
            var bytes = new byte[KeyBytes];
            if (!Convert.TryFromBase64String(text, bytes, out int length) || length != KeyBytes)
                throw new SettingsException("Data", data.Path, Damaged);
            return new HmacKey(null, Encoding.ASCII.GetBytes(text), JwsAlgorithms.HS256);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingsException("Data", data.Path, $"{FileName} in it cannot be read: {e.Message}");
        }
    }

    // A whole file appears under the name or none: written aside, forced to disk, then given the name, which fails when another process was first.
    private static void Create(string folder, string path)
    {
        Directory.CreateDirectory(folder);
        string aside = Path.Combine(folder, $".{FileName}.{Guid.NewGuid():N}");
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        try
        {
            using (var file = new FileStream(aside, options))
            {
                file.Write(Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes)) + "\n"));
                file.Flush(flushToDisk: true);
            }

            GiveName(aside, path);
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another process was first; its key counts.
        }
        finally
        {
            File.Delete(aside);
        }
    }

    // File.Move looks whether the name is taken and then renames, which are two steps on Unix: of two processes each would take its own key for the
    // folder's. A hard link is one step. Where the file system has none, Move is the best there is.
    private static void GiveName(string aside, string path)
    {
        if (OperatingSystem.IsWindows() || (Link(aside, path) != 0 && !File.Exists(path)))
            File.Move(aside, path, overwrite: false);
    }

    [LibraryImport("libc", EntryPoint = "link", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string existing, string name);
}
