using System.Runtime.InteropServices;
using System.Threading.Tasks.Sources;

namespace PushNode.Storage.Journal;

/// <summary>
/// Has the appending thread wait until a moment has passed since the last batch was begun: what comes meanwhile is forced to the disk together, and most of what a small batch
/// costs is the forcing and the waking of threads. The thread itself waits, so that it goes on without being woken by another one.
/// </summary>
internal sealed partial class Rest(WorkQueue queue, TimeProvider time) : IWork, IValueTaskSource
{
    /// <summary>Some three times what a quick disk takes for a small batch.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMicroseconds(250);

    /// <summary>Less is not worth the system call.</summary>
    private static readonly TimeSpan Shortest = TimeSpan.FromMicroseconds(30);

    private ManualResetValueTaskSourceCore<bool> done;
    private long begun;

    /// <summary>A batch is begun now.</summary>
    public void Begin() => Volatile.Write(ref begun, time.GetTimestamp());

    /// <summary>For one caller at a time; it goes on on the appending thread.</summary>
    public ValueTask WaitAsync()
    {
        if (OperatingSystem.IsWindows() || Left < Shortest)
            return ValueTask.CompletedTask;
        done.Reset();
        return queue.TryPost(this) ? new ValueTask(this, done.Version) : ValueTask.CompletedTask;
    }

    /// <summary>Waits, on the appending thread.</summary>
    public void Run()
    {
        if (Left is var left && left >= Shortest)
        {
            var span = new TimeSpec { Nanoseconds = (nint)(left.Ticks * TimeSpan.NanosecondsPerTick) };
            _ = Sleep(in span, 0);
        }

        done.SetResult(true);
    }

    public void GetResult(short token) => done.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => done.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        done.OnCompleted(continuation, state, token, flags);

    private TimeSpan Left => Interval - time.GetElapsedTime(Volatile.Read(ref begun));

    // The framework's waits are of whole milliseconds.
    [LibraryImport("libc", EntryPoint = "nanosleep")]
    private static partial int Sleep(in TimeSpec span, nint left);

    private struct TimeSpec
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
