using System.Diagnostics;
using System.Runtime.InteropServices;

namespace PushNode.Transport;

/// <summary>
/// Watches any number of descriptors with one thread, which does nothing but tell (Linux: epoll). It keeps one reference for each; the framework's own way
/// keeps some 700 bytes for a socket that waits.
/// </summary>
internal sealed class Poller : IAsyncDisposable
{
    private const int EventsAtOnce = 512;

    /// <summary>Up to so many events there is no more to do than one thread does in a moment.</summary>
    private const int Few = 2;

    private const int SmallestTable = 1024;
    private const int BeatMilliseconds = 250;
    private const uint ClientEvents = Libc.Readable | Libc.HungUp | Libc.EdgeTriggered;

    private readonly Lock gate = new();
    private readonly int poll = Libc.CreatePoll();
    private readonly Action beat;
    private readonly ILogger logger;
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // By descriptor, which the system keeps small. An event that comes late may meet the next one of the same number: that looks, and finds nothing.
    private IPolled?[] table = new IPolled?[SmallestTable];
    private volatile bool stopping;

    /// <param name="beat">Called by the thread a few times a second; must neither wait nor work long.</param>
    /// <param name="logger">For what goes wrong in it.</param>
    /// <exception cref="IOException">The system has no room for it.</exception>
    public Poller(Action beat, ILogger logger)
    {
        this.beat = beat;
        this.logger = logger;
        new Thread(Run) { IsBackground = true, Name = "Poller" }.UnsafeStart();
    }

    /// <summary>Watches for connections that wait to be accepted, and tells as long as there are any.</summary>
    /// <exception cref="IOException">The system has no room for it.</exception>
    public void WatchListener(IPolled listener, SafeHandle handle)
    {
        int descriptor = (int)handle.DangerousGetHandle();
        Note(descriptor, listener);
        Libc.Watch(poll, descriptor, Libc.Readable);
    }

    /// <summary>Pauses, or goes on, with telling of connections that wait.</summary>
    public void PauseListener(SafeHandle handle, bool paused) => Libc.Rewatch(poll, (int)handle.DangerousGetHandle(), paused ? 0 : Libc.Readable);

    /// <summary>Watches for what comes; what is there already is told at once. False when the socket is closed.</summary>
    /// <exception cref="IOException">The system has no room for it.</exception>
    public bool Watch(ClientSocket socket)
    {
        int descriptor = socket.Hold();
        if (descriptor < 0)
            return false;
        try
        {
            Note(descriptor, socket);
            Libc.Watch(poll, descriptor, ClientEvents);
            return true;
        }
        finally
        {
            socket.DangerousRelease();
        }
    }

    /// <summary>Watches for room to write too, from now on; what is there already is told at once. False when the socket is closed.</summary>
    public bool WatchForRoom(ClientSocket socket)
    {
        int descriptor = socket.Hold();
        if (descriptor < 0)
            return false;
        Libc.Rewatch(poll, descriptor, ClientEvents | Libc.Writable);
        socket.DangerousRelease();
        return true;
    }

    /// <summary>Tells nothing more of a descriptor. Closing one takes it out of the system's set by itself.</summary>
    public void Forget(int descriptor, bool unwatch)
    {
        if (unwatch)
            Libc.Unwatch(poll, descriptor);
        Note(descriptor, null);
    }

    /// <summary>Cuts every client that is left, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        stopping = true;
        await ended.Task;
        foreach (IPolled? polled in table)
            (polled as ClientSocket)?.Abort();
    }

    private void Note(int descriptor, IPolled? polled)
    {
        lock (gate)
        {
            if (descriptor >= table.Length)
            {
                var larger = new IPolled?[Math.Max(descriptor + 1, table.Length * 2)];
                table.CopyTo(larger, 0);
                Volatile.Write(ref table, larger);
            }

            table[descriptor] = polled;
        }
    }

    private unsafe void Run()
    {
        byte* events = stackalloc byte[EventsAtOnce * 16];
        long beaten = Stopwatch.GetTimestamp();
        while (!stopping)
        {
            int count = Libc.Wait(poll, events, EventsAtOnce, BeatMilliseconds);
            for (int i = 0; i < count; i++)
            {
                byte* @event = events + (i * Libc.EventSize);
                Tell(*(int*)(@event + (Libc.EventSize - sizeof(long))), *(uint*)@event, isCalm: count <= Few);
            }

            if (Stopwatch.GetElapsedTime(beaten).TotalMilliseconds < BeatMilliseconds)
                continue;
            beaten = Stopwatch.GetTimestamp();
            beat();
        }

        _ = Libc.Close(poll);
        ended.SetResult();
    }

    private void Tell(int descriptor, uint events, bool isCalm)
    {
        try
        {
            Volatile.Read(ref table)[descriptor]?.Signal(events, isCalm);
        }
        catch (Exception e)
        {
            // The thread is everybody's.
            TransportLog.Failed(logger, "Telling of a socket", e);
        }
    }
}
