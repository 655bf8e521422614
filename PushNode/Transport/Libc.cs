using System.Net;
using System.Runtime.InteropServices;

namespace PushNode.Transport;

/// <summary>The system calls of Linux that the framework's sockets have no way to: several hundred bytes less for each idle connection.</summary>
internal static partial class Libc
{
    /// <summary>Bytes have come, or the end.</summary>
    public const uint Readable = 0x001;

    /// <summary>What was full has room again.</summary>
    public const uint Writable = 0x004;

    /// <summary>The other end will send nothing more, or is gone, or the connection has failed.</summary>
    public const uint HungUp = 0x2000 | 0x010 | 0x008;

    /// <summary>Each change is told once.</summary>
    public const uint EdgeTriggered = 1u << 31;

    public const int Peek = 0x02;

    /// <summary>What has come is dropped, and not copied (TCP).</summary>
    public const int Truncate = 0x20;
    public const int NoSignal = 0x4000;
    public const int Interrupted = 4;
    public const int TryAgain = 11;

    /// <summary>A connection left while it waited to be accepted.</summary>
    public const int Aborted = 103;

    /// <summary>The bytes of an <c>epoll_event</c>: packed on x86 only.</summary>
    public static readonly int EventSize = RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86 ? 12 : 16;

    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;
    private const int AddEvent = 1;
    private const int DeleteEvent = 2;
    private const int ModifyEvent = 3;
    private const int SocketLevel = 1;
    private const int LingerOption = 13;
    private const int TcpLevel = 6;
    private const int NoDelayOption = 1;

    /// <summary>A new set of watched descriptors.</summary>
    /// <exception cref="IOException">The system has no more of them.</exception>
    public static int CreatePoll() => EpollCreate(CloseOnExec) is var poll and >= 0 ? poll : throw Failed("epoll_create1");

    /// <summary>Takes a connection from the backlog; -1 when there is none, or it failed (<see cref="Marshal.GetLastPInvokeError"/>).</summary>
    public static int Accept(SafeHandle listener) => Accept4(listener, 0, 0, NonBlocking | CloseOnExec);

    /// <summary>Begins to watch.</summary>
    /// <exception cref="IOException">The system has no room for it.</exception>
    public static void Watch(int poll, int descriptor, uint events)
    {
        if (Control(poll, AddEvent, descriptor, events) != 0)
            throw Failed("epoll_ctl");
    }

    /// <summary>Watches for something else; what is so already is told again.</summary>
    public static void Rewatch(int poll, int descriptor, uint events) => Control(poll, ModifyEvent, descriptor, events);

    public static void Unwatch(int poll, int descriptor) => Control(poll, DeleteEvent, descriptor, 0);

    /// <summary>Small writes go out at once.</summary>
    public static void SetNoDelay(int descriptor)
    {
        int on = 1;
        SetOption(descriptor, TcpLevel, NoDelayOption, in on, sizeof(int));
    }

    /// <summary>Closing drops what is not sent yet and tells the other end so (a reset).</summary>
    public static void SetReset(SafeHandle descriptor)
    {
        // struct linger: on, for 0 seconds.
        long linger = BitConverter.IsLittleEndian ? 1 : 1L << 32;
        SetOption(descriptor, SocketLevel, LingerOption, in linger, sizeof(long));
    }

    /// <summary>Room for a socket's name, in bytes.</summary>
    public const int NameLength = 28;

    /// <summary>The name of the other end; false when it has left.</summary>
    public static bool GetPeer(SafeHandle socket, Span<byte> name)
    {
        int length = name.Length;
        return GetPeerName(socket, ref MemoryMarshal.GetReference(name), ref length) == 0;
    }

    /// <summary>The address of a socket's name; null when it is of another family than IP.</summary>
    public static IPAddress? ReadAddress(ReadOnlySpan<byte> name) => BitConverter.ToUInt16(name) switch
    {
        // struct sockaddr_in: family, port, address; sockaddr_in6: family, port, flow, address, scope.
        2 => new IPAddress(name.Slice(4, 4)),
        10 => new IPAddress(name.Slice(8, 16), BitConverter.ToUInt32(name[24..])),
        _ => null,
    };

    private static unsafe int Control(int poll, int operation, int descriptor, uint events)
    {
        byte* @event = stackalloc byte[16];
        *(uint*)@event = events;
        *(int*)(@event + (EventSize - sizeof(long))) = descriptor;
        *(int*)(@event + (EventSize - sizeof(int))) = 0;
        return EpollControl(poll, operation, descriptor, @event);
    }

    private static IOException Failed(string call) => new($"{call}: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(SafeHandle socket, ref byte buffer, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(SafeHandle socket, ref readonly byte buffer, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "close")]
    public static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    public static unsafe partial int Wait(int poll, byte* events, int most, int milliseconds);

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int EpollCreate(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static unsafe partial int EpollControl(int poll, int operation, int descriptor, byte* @event);

    [LibraryImport("libc", EntryPoint = "accept4", SetLastError = true)]
    private static partial int Accept4(SafeHandle listener, nint address, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "setsockopt")]
    private static partial int SetOption(int descriptor, int level, int name, in int value, int length);

    [LibraryImport("libc", EntryPoint = "setsockopt")]
    private static partial int SetOption(SafeHandle descriptor, int level, int name, in long value, int length);

    [LibraryImport("libc", EntryPoint = "getpeername")]
    private static partial int GetPeerName(SafeHandle socket, ref byte name, ref int length);
}
