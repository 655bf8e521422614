namespace PushNode.Tests.Support.Mongo;

/// <summary>A command that has arrived, or is yet to, and is not carried out until it is released, though its connection may be gone by then.</summary>
internal sealed class HeldCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly TaskCompletionSource<MongoRequest> arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource executed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the command has arrived, with it; fails where it does not within 20 s of asking.</summary>
    public Task<MongoRequest> Arrived => arrived.Task.WaitAsync(Patience);

    /// <summary>Ends when it has been carried out, or refused, after its release; fails where it is not within 20 s of asking.</summary>
    public Task Executed => executed.Task.WaitAsync(Patience);

    /// <summary>Lets it be carried out.</summary>
    public void Release() => released.TrySetResult();

    /// <summary>For the server: announces the command, and ends with its release.</summary>
    public Task ArriveAsync(MongoRequest request, CancellationToken cancellationToken)
    {
        arrived.TrySetResult(request);
        return released.Task.WaitAsync(cancellationToken);
    }

    /// <summary>For the server: it has been carried out.</summary>
    public void End() => executed.TrySetResult();
}
