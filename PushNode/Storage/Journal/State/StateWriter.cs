using Microsoft.Win32.SafeHandles;

namespace PushNode.Storage.Journal.State;

/// <summary>Writes records to the end of a state log, in large pieces.</summary>
internal sealed class StateWriter(Disk disk, SafeFileHandle file, long position)
{
    private const int BufferLength = 64 << 10;

    private readonly byte[] buffer = GC.AllocateUninitializedArray<byte>(BufferLength);
    private int buffered;

    /// <summary>Where the next piece is written.</summary>
    public long Position { get; private set; } = position;

    public void Add(in StateRecord record)
    {
        if (record.Length > buffer.Length - buffered)
            WriteOut();
        record.Write(buffer.AsSpan(buffered, record.Length));
        buffered += record.Length;
    }

    /// <summary>Writes what is left and forces it to the disk.</summary>
    public void Finish()
    {
        WriteOut();
        disk.Sync(file);
    }

    private void WriteOut()
    {
        disk.Write(file, buffer.AsSpan(0, buffered), Position);
        Position += buffered;
        buffered = 0;
    }
}
