using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

namespace PushNode.Bench;

/// <summary>
/// <c>epoll(7)</c>, level-triggered. The runtime's own way to wait for many sockets (SocketAsyncEventArgs) hands each to a pool of threads, which took a fifth
/// to a third more CPU per message received, and what they share would need locks; here one thread does everything. Edge-triggered it was no cheaper.
/// </summary>
[SupportedOSPlatform("linux")]
internal sealed unsafe partial class EpollPoller : IPoller
{
    // Few, so that whoever has something to send at a certain time comes to it.
    private const int MaxEvents = 64;
    private const int CloseOnExec = 0x80000;
    private const int AddOperation = 1;
    private const int RemoveOperation = 2;
    private const int ChangeOperation = 3;
    private const uint Readable = 1;
    private const uint Writable = 4;
    private const int NoSuchCall = 38;
    private const int SetTimerSlack = 29;
    private const int TimerSlackNanoseconds = 1000;

    // struct epoll_event has no gap between its two fields on x64 alone.
    private static readonly int DataOffset = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int EventSize = DataOffset + 8;

    private readonly int descriptor;
    private readonly byte[] events = GC.AllocateArray<byte>(MaxEvents * 16, pinned: true);
    private Watched[] watched = new Watched[1024];
    private bool hasNanoseconds = true;

    /// <exception cref="IOException">The system gives none.</exception>
    public EpollPoller()
    {
        descriptor = Create(CloseOnExec);
        if (descriptor < 0)
            throw new IOException(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));
    }

    /// <summary>Has this thread's waits end when they are to: by default the system may add 50 µs.</summary>
    public static void WakePromptly() => _ = Control(SetTimerSlack, TimerSlackNanoseconds);

    public void Watch(Socket socket, IReady owner, bool forWriting)
    {
        int file = (int)socket.Handle;
        if (file >= watched.Length)
            Array.Resize(ref watched, Math.Max(file + 1, watched.Length * 2));
        ref Watched entry = ref watched[file];
        bool isNew = entry.Owner is null;
        if (isNew)
            entry = new Watched(owner, entry.Generation + 1);
        byte* request = stackalloc byte[16];
        *(uint*)request = forWriting ? Writable : Readable;
        *(ulong*)(request + DataOffset) = (uint)file | ((ulong)entry.Generation << 32);
        if (Change(descriptor, isNew ? AddOperation : ChangeOperation, file, request) != 0)
            throw new IOException(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));
    }

    public void Forget(Socket socket)
    {
        int file = (int)socket.Handle;
        if (file < 0 || file >= watched.Length || watched[file].Owner is null)
            return;
        _ = Change(descriptor, RemoveOperation, file, null);
        watched[file] = new Watched(null, watched[file].Generation);
    }

    public void Poll(long patience)
    {
        int count = Wait(Math.Max(patience, 0));
        for (int i = 0; i < count; i++)
        {
            ulong data = BinaryPrimitives.ReadUInt64LittleEndian(events.AsSpan((i * EventSize) + DataOffset));
            ref Watched entry = ref watched[(int)(uint)data];
            // Closed a moment ago, and the number may be another socket's by now.
            if (entry.Generation == (uint)(data >> 32))
                entry.Owner?.OnReady();
        }
    }

    public void Dispose() => _ = Close(descriptor);

    private int Wait(long nanoseconds)
    {
        fixed (byte* target = events)
        {
            if (hasNanoseconds)
            {
                try
                {
                    long* time = stackalloc long[2] { nanoseconds / BenchClock.Second, nanoseconds % BenchClock.Second };
                    int count = WaitPrecisely(descriptor, target, MaxEvents, time, null, 0);
                    if (count >= 0 || Marshal.GetLastPInvokeError() != NoSuchCall)
                        return count;
                }
                catch (EntryPointNotFoundException)
                {
                    // A C library before 2.35, or kernel before 5.11.
                }

                hasNanoseconds = false;
            }

            return Wait(descriptor, target, MaxEvents, (int)((nanoseconds + 999_999) / 1_000_000));
        }
    }

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int Create(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int Change(int descriptor, int operation, int file, byte* request);

    [LibraryImport("libc", EntryPoint = "epoll_pwait2", SetLastError = true)]
    private static partial int WaitPrecisely(int descriptor, byte* events, int count, long* time, void* signals, nint signalsSize);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int Wait(int descriptor, byte* events, int count, int milliseconds);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int Control(int option, nint value);

    private readonly record struct Watched(IReady? Owner, uint Generation);
}
