using System.Buffers;
using System.Net;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PushNode.Transport;

/// <summary>
/// A client's connection, without a buffer, a task or a timer while it is idle. It reads and writes without waiting; the <see cref="Poller"/> tells when there is
/// something to read, and the thread pool then runs its user. Closing is safe at any time: the descriptor goes when the last call that uses it has returned.
/// </summary>
internal sealed class ClientSocket : SafeHandleMinusOneIsInvalid, IThreadPoolWorkItem, IPolled, IOutput
{
    private const int Armed = 0;
    private const int Reading = 1;
    private const int ReadAgain = 2;

    private readonly Poller poller;
    private ISocketUser user;
    private TaskCompletionSource? writable;
    private int state;
    private volatile bool hungUp;

    /// <param name="descriptor">A connected socket that does not block; it belongs to the new object.</param>
    /// <param name="poller">Where it will be watched.</param>
    /// <param name="user">Who reads it first.</param>
    public ClientSocket(int descriptor, Poller poller, ISocketUser user)
        : base(ownsHandle: true)
    {
        this.poller = poller;
        this.user = user;
        SetHandle(descriptor);
    }

    /// <summary>Who reads it. Changed only by whoever is reading it.</summary>
    public ISocketUser User
    {
        get => Volatile.Read(ref user);
        set => Volatile.Write(ref user, value);
    }

    /// <summary>Whether the other end has left, or has said that it will send nothing more.</summary>
    public bool IsHungUp => hungUp;

    /// <summary>Takes what has come, up to the length of the buffer: the number of bytes, 0 at the end of the stream, -1 when nothing is there now.</summary>
    public int Receive(Span<byte> buffer) => Receive(buffer, 0);

    /// <summary>Looks at what has come and leaves it there; else like <see cref="Receive(Span{byte})"/>.</summary>
    public int Peek(Span<byte> buffer) => Receive(buffer, Libc.Peek);

    /// <summary>Drops bytes that have come and been looked at.</summary>
    public void Discard(int length) => Receive(Scratch.Bytes.AsSpan(0, length), Libc.Truncate);

    /// <summary>Sends what the system takes now: the number of bytes, 0 when it takes none, -1 when the connection is gone.</summary>
    public int Send(ReadOnlySpan<byte> bytes)
    {
        try
        {
            while (true)
            {
                nint sent = Libc.Send(this, in MemoryMarshal.GetReference(bytes), bytes.Length, Libc.NoSignal);
                if (sent >= 0)
                    return (int)sent;
                int error = Marshal.GetLastPInvokeError();
                if (error != Libc.Interrupted)
                    return error == Libc.TryAgain ? 0 : -1;
            }
        }
        catch (ObjectDisposedException)
        {
            return -1;
        }
    }

    /// <inheritdoc/>
    public ValueTask<bool> WriteAsync(ReadOnlySpan<byte> bytes)
    {
        int sent = Send(bytes);
        if (sent == bytes.Length)
            return new(true);
        if (sent < 0)
            return new(false);
        byte[] rest = ArrayPool<byte>.Shared.Rent(bytes.Length - sent);
        bytes[sent..].CopyTo(rest);
        return new(WriteRestAsync(rest, bytes.Length - sent));
    }

    private async Task<bool> WriteRestAsync(byte[] rest, int length)
    {
        try
        {
            int written = 0;
            while (written < length)
            {
                await WaitUntilWritableAsync();
                int sent = Send(rest.AsSpan(written, length - written));
                if (sent < 0)
                    return false;
                written += sent;
            }

            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rest);
        }
    }

    /// <summary>Completes when the system takes bytes again, or the connection has ended. For one waiter at a time.</summary>
    public Task WaitUntilWritableAsync()
    {
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref writable, waiter);
        // Told at once when it is so already.
        if (!poller.WatchForRoom(this))
            TellWritable();
        return waiter.Task;
    }

    /// <summary>Something may have changed. Any thread, any time.</summary>
    public void Signal(uint events, bool isCalm)
    {
        if ((events & (Libc.Writable | Libc.HungUp)) != 0)
            TellWritable();
        if ((events & Libc.HungUp) != 0)
        {
            hungUp = true;
            User.OnHungUp();
        }

        if ((events & (Libc.Readable | Libc.HungUp)) == 0)
            return;
        while (Interlocked.CompareExchange(ref state, ReadAgain, Reading) == Armed)
        {
            if (!TryClaim())
                continue;
            if (isCalm && User.IsBrief)
                Read();
            else
                Resume();
            return;
        }
    }

    /// <summary>Becomes the one that reads it, when nobody is at it.</summary>
    public bool TryClaim() => Interlocked.CompareExchange(ref state, Reading, Armed) == Armed;

    /// <summary>All is read: the next that comes is told.</summary>
    public void Release()
    {
        if (!TryRelease())
            Resume();
    }

    /// <summary>Has its user read on, by whoever has been told to read it and has not yet said that all is read.</summary>
    public void Resume() => ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);

    void IThreadPoolWorkItem.Execute() => Read();

    private void Read()
    {
        while (User.OnReadable(this))
        {
            if (TryRelease())
                return;
        }
    }

    /// <summary>The client's address; null when it has left.</summary>
    public IPAddress? FindAddress()
    {
        Span<byte> name = stackalloc byte[Libc.NameLength];
        try
        {
            return Libc.GetPeer(this, name) ? Libc.ReadAddress(name) : null;
        }
        catch (ObjectDisposedException)
        {
            return null;
        }
    }

    /// <summary>The descriptor, which stays open until it is released (<see cref="SafeHandle.DangerousRelease"/>); -1 when it is closed.</summary>
    public int Hold()
    {
        try
        {
            bool held = false;
            DangerousAddRef(ref held);
            return (int)handle;
        }
        catch (ObjectDisposedException)
        {
            return -1;
        }
    }

    /// <summary>
    /// Gives the descriptor away, unwatched; -1 when it is closed. Only whoever is reading it may, and nobody else may use the socket any more.
    /// </summary>
    public int Detach()
    {
        int descriptor = Hold();
        if (descriptor < 0)
            return descriptor;
        poller.Forget(descriptor, unwatch: true);
        // From here on closing it does nothing.
        SetHandleAsInvalid();
        DangerousRelease();
        return descriptor;
    }

    /// <summary>Cuts it, and what is not sent yet is dropped; its user hears of the end. <see cref="SafeHandle.Dispose()"/> has what was given to the system sent.</summary>
    public void Abort()
    {
        try
        {
            Libc.SetReset(this);
        }
        catch (ObjectDisposedException)
        {
            return;
        }

        Dispose();
        Signal(Libc.HungUp, isCalm: false);
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
            TellWritable();
    }

    protected override bool ReleaseHandle()
    {
        poller.Forget((int)handle, unwatch: false);
        return Libc.Close((int)handle) == 0;
    }

    // False when something has come meanwhile: whoever reads it has to read on.
    private bool TryRelease()
    {
        if (Interlocked.CompareExchange(ref state, Armed, Reading) == Reading)
            return true;
        Volatile.Write(ref state, Reading);
        return false;
    }

    private int Receive(Span<byte> buffer, int flags)
    {
        try
        {
            while (true)
            {
                nint received = Libc.Receive(this, ref MemoryMarshal.GetReference(buffer), buffer.Length, flags);
                if (received >= 0)
                    return (int)received;
                int error = Marshal.GetLastPInvokeError();
                if (error != Libc.Interrupted)
                    return error == Libc.TryAgain ? -1 : 0;
            }
        }
        catch (ObjectDisposedException)
        {
            return 0;
        }
    }

    private void TellWritable() => Interlocked.Exchange(ref writable, null)?.TrySetResult();
}
