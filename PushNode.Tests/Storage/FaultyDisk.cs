using Microsoft.Win32.SafeHandles;
using PushNode.Storage.Journal;

namespace PushNode.Tests.Storage;

/// <summary>The real disk, with operations that fail on demand.</summary>
internal sealed class FaultyDisk : Disk
{
    /// <summary>The words of the error.</summary>
    public const string NoSpace = "No space left on device";

    private readonly HashSet<string> failing = [];

    /// <summary>How many bytes a failing write still writes.</summary>
    public int ShortWrite { get; set; }

    /// <summary>The file whose deletion makes room, so that everything works again.</summary>
    public string? FullUntilDeleted { get; set; }

    /// <summary>Whether syncs are real. They take most of a test's time, and only a power cut could tell.</summary>
    public bool ForcesToDisk { get; set; }

    /// <summary>Fails the operation (a member of <see cref="Disk"/>) until <see cref="Heal"/>.</summary>
    public void Fail(params string[] operations)
    {
        lock (failing)
            failing.UnionWith(operations);
    }

    public void Heal()
    {
        lock (failing)
            failing.Clear();
    }

    public override SafeFileHandle Open(string path, FileMode mode)
    {
        if (mode == FileMode.Create)
            ThrowIfFailing(nameof(Open));
        return base.Open(path, mode);
    }

    public override int Read(SafeFileHandle file, Span<byte> target, long offset)
    {
        ThrowIfFailing(nameof(Read));
        return base.Read(file, target, offset);
    }

    public override void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset)
    {
        if (IsFailing(nameof(Write)))
            base.Write(file, bytes[..Math.Min(ShortWrite, bytes.Length)], offset);
        ThrowIfFailing(nameof(Write));
        base.Write(file, bytes, offset);
    }

    public override void Allocate(string path, long bytes)
    {
        ThrowIfFailing(nameof(Allocate));
        base.Allocate(path, bytes);
    }

    public override void Sync(SafeFileHandle file)
    {
        ThrowIfFailing(nameof(Sync));
        if (ForcesToDisk)
            base.Sync(file);
    }

    public override void Truncate(SafeFileHandle file, long length)
    {
        ThrowIfFailing(nameof(Truncate));
        base.Truncate(file, length);
    }

    public override void Delete(string path)
    {
        ThrowIfFailing(nameof(Delete));
        base.Delete(path);
        if (Path.GetFileName(path) == FullUntilDeleted)
            Heal();
    }

    public override void Replace(string path, string target)
    {
        ThrowIfFailing(nameof(Replace));
        base.Replace(path, target);
    }

    public override void SyncFolder(string path)
    {
        ThrowIfFailing(nameof(SyncFolder));
        if (ForcesToDisk)
            base.SyncFolder(path);
    }

    private bool IsFailing(string operation)
    {
        lock (failing)
            return failing.Contains(operation);
    }

    private void ThrowIfFailing(string operation)
    {
        if (!IsFailing(operation))
            return;
        throw new IOException(NoSpace);
    }
}
