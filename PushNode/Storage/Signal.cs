namespace PushNode.Storage;

/// <summary>Wakes the one that waits, or keeps it from waiting the next time.</summary>
internal sealed class Signal(TimeProvider time)
{
    private volatile TaskCompletionSource set = Create();

    public void Set() => set.TrySetResult();

    /// <summary>Returns when it has been set, or when the patience has ended. For one caller at a time, which looks at what it was woken for afterwards.</summary>
    public async Task WaitAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        await set.Task.WaitAsync(patience, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
        if (set.Task.IsCompleted)
            set = Create();
    }

    private static TaskCompletionSource Create() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
