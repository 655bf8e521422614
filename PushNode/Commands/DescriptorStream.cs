using System.Buffers;
using System.Runtime.InteropServices;

namespace PushNode.Commands;

/// <summary>
/// Writes to an open file descriptor with <c>write(2)</c>, so at the place where whoever shares the file has got to: a <see cref="FileStream"/> keeps a
/// position of its own, and two commands that were given one file would write over each other. What was written goes out in one piece when it is flushed,
/// so lines of theirs do not mix. Not for Windows. The descriptor stays open.
/// </summary>
internal sealed partial class DescriptorStream(int descriptor) : Stream
{
    private const int Interrupted = 4;
    private const int KeptCapacity = 1 << 20;

    private ArrayBufferWriter<byte> pending = new();

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <exception cref="IOException">It cannot be written (the reader of a pipe has gone, say); what was pending is given up.</exception>
    public override void Flush()
    {
        try
        {
            WriteAll(pending.WrittenSpan);
        }
        finally
        {
            if (pending.Capacity > KeptCapacity)
                pending = new ArrayBufferWriter<byte>();
            else
                pending.ResetWrittenCount();
        }
    }

    // A pipe that nobody empties holds the writing up: not on the caller's thread.
    public override Task FlushAsync(CancellationToken cancellationToken) => Task.Run(Flush, cancellationToken);

    public override void Write(ReadOnlySpan<byte> buffer) => pending.Write(buffer);

    public override void Write(byte[] buffer, int offset, int count) => pending.Write(buffer.AsSpan(offset, count));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        pending.Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        pending.Write(buffer.AsSpan(offset, count));
        return Task.CompletedTask;
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void WriteAll(ReadOnlySpan<byte> rest)
    {
        while (rest.Length > 0)
        {
            nint written = Write(descriptor, in MemoryMarshal.GetReference(rest), rest.Length);
            if (written >= 0)
                rest = rest[(int)written..];
            else if (Marshal.GetLastPInvokeError() is var error and not Interrupted)
                throw new IOException(Marshal.GetPInvokeErrorMessage(error));
        }
    }

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(int descriptor, in byte buffer, nint count);
}
