using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PushNode.Storage.Journal;

/// <summary>
/// Every operation the journal performs on a disk that can fail. Each throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/> when it
/// does. Not sealed: tests make single operations fail.
/// </summary>
internal partial class Disk
{
    private const int OpenReadOnlyCloseOnExec = 0x80000;
    private const int Interrupted = 4;

    public virtual SafeFileHandle Open(string path, FileMode mode) =>
        File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>Reads until the target is full or the file ends; returns how many bytes.</summary>
    public virtual int Read(SafeFileHandle file, Span<byte> target, long offset)
    {
        int total = 0;
        while (total < target.Length)
        {
            int read = RandomAccess.Read(file, target[total..], offset + total);
            if (read == 0)
                break;
            total += read;
        }

        return total;
    }

    /// <summary>Writes all of it; after an exception any part of it may have been written.</summary>
    public virtual void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset) => RandomAccess.Write(file, bytes, offset);

    /// <summary>Forces what was written, and the file's length, to the disk.</summary>
    public virtual void Sync(SafeFileHandle file)
    {
        if (!OperatingSystem.IsLinux())
        {
            RandomAccess.FlushToDisk(file);
            return;
        }

        // FlushToDisk is fsync and ignores some errors; the journal wants fdatasync and every error.
        while (DataSync(file) != 0)
            ThrowUnlessInterrupted("fdatasync");
    }

    /// <summary>Makes a file that takes this much room, whatever is in it.</summary>
    public virtual void Allocate(string path, long bytes) =>
        File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, FileOptions.None, bytes).Dispose();

    public virtual void Truncate(SafeFileHandle file, long length) => RandomAccess.SetLength(file, length);

    public virtual void Delete(string path) => File.Delete(path);

    /// <summary>Puts a file in the place of another, at once or not at all.</summary>
    public virtual void Replace(string path, string target) => File.Move(path, target, overwrite: true);

    /// <summary>Makes files that were created, renamed or deleted in the folder so for good.</summary>
    public virtual void SyncFolder(string path)
    {
        if (!OperatingSystem.IsLinux())
            return;
        using SafeFileHandle folder = OpenFolder(path, OpenReadOnlyCloseOnExec);
        if (folder.IsInvalid)
            ThrowUnlessInterrupted("open");
        while (FolderSync(folder) != 0)
            ThrowUnlessInterrupted("fsync");
    }

    private static void ThrowUnlessInterrupted(string call)
    {
        int error = Marshal.GetLastPInvokeError();
        if (error != Interrupted)
            throw new IOException($"{call}: {new Win32Exception(error).Message}");
    }

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int DataSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FolderSync(SafeFileHandle folder);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle OpenFolder(string path, int flags);
}
