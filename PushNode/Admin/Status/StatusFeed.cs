using Microsoft.Extensions.Hosting;
using PushNode.Diagnostics;
using PushNode.Peers;

namespace PushNode.Admin.Status;

/// <summary>
/// How all nodes are, once a second, for all streams of this node together. While none is open, nobody is asked. A stream that is slow passes over what came meanwhile; nothing is kept for it.
/// </summary>
/// <param name="node">This node.</param>
/// <param name="self">How it is.</param>
/// <param name="ring">Its samples.</param>
/// <param name="text">The events.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Where a fault is logged.</param>
/// <param name="others">The other nodes; null for a node alone.</param>
internal sealed class StatusFeed(Node node, SelfStatus self, SampleRing ring, StatusText text, TimeProvider time, ILogger<StatusFeed> logger, OtherNodes? others = null)
    : IHostedLifecycleService, IDisposable
{
    /// <summary>How many streams may be open.</summary>
    public const int MaxStreams = 32;

    /// <summary>After the full second the others have taken their samples too.</summary>
    private static readonly TimeSpan Lag = TimeSpan.FromMilliseconds(250);

    private readonly Lock gate = new();
    private readonly CancellationTokenSource life = new();
    private readonly Occasional complaint = new(time, TimeSpan.FromMinutes(1));
    private NodeView? own;
    private ReadOnlyMemory<byte> status;
    private TaskCompletionSource published = NewPublished();
    private Task running = Task.CompletedTask;
    private long version;
    private int streams;
    private bool isRunning;
    private bool closed;

    /// <summary>One more stream; null when there are as many as may be, or the node shuts down.</summary>
    public StatusStream? TryOpen()
    {
        lock (gate)
        {
            if (closed || streams == MaxStreams)
                return null;
            streams++;
            // What was published when somebody watched before is old.
            long seen = isRunning ? version - 1 : version;
            if (!isRunning)
            {
                isRunning = true;
                running = Task.Run(RunAsync);
            }

            return new StatusStream(this, seen);
        }
    }

    /// <summary>A stream has ended.</summary>
    public void Leave()
    {
        lock (gate)
            streams--;
    }

    /// <summary>The newest status behind the one that was seen, as soon as there is one; null when the node shuts down.</summary>
    public async ValueTask<(ReadOnlyMemory<byte> Status, long Version)?> NextAsync(long seen, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task next;
            lock (gate)
            {
                if (closed)
                    return null;
                if (version > seen)
                    return (status, version);
                next = published.Task;
            }

            await next.WaitAsync(cancellationToken);
        }
    }

    /// <summary>The points before that of the newest status, and the version of the status before that one. Only after a status.</summary>
    public (ReadOnlyMemory<byte> History, long Before) History()
    {
        lock (gate)
            return (StatusText.History([.. others?.Views ?? [], own!], own!.Newest!.Second), version - 1);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>After the clients have been sent away, which an operator wants to see, and before the web server stops, which waits for what is open.</summary>
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        TaskCompletionSource waited;
        lock (gate)
        {
            closed = true;
            waited = published;
        }

        waited.TrySetResult();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => life.CancelAsync();

    public async Task StoppedAsync(CancellationToken cancellationToken) =>
        await running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    public void Dispose() => life.Dispose();

    private async Task RunAsync()
    {
        var view = new NodeView(node.Address);
        lock (gate)
            own = view;
        Task next = ring.IsEmpty ? ring.Next : Task.CompletedTask;
        try
        {
            do
            {
                bool waits = !next.IsCompleted;
                await next.WaitAsync(life.Token);
                next = ring.Next;
                if (waits && others is not null)
                    await Task.Delay(Lag, time, life.Token);
                await TryPublishAsync(view);
            }
            while (!IsOver());
        }
        catch (OperationCanceledException) when (life.IsCancellationRequested)
        {
            // The node stops.
        }
    }

    private bool IsOver()
    {
        lock (gate)
        {
            if (streams > 0)
                return false;
            isRunning = false;
            own = null;
            others?.Clear();
            return true;
        }
    }

    private async Task TryPublishAsync(NodeView view)
    {
        try
        {
            Action? takeOthers = others is null ? null : await others.AskAsync(life.Token);
            TaskCompletionSource waited;
            lock (gate)
            {
                takeOthers?.Invoke();
                view.Take(self.Tell(view.Run, view.Number), time.GetUtcNow().ToUnixTimeMilliseconds());
                status = text.Status(view, others?.Views ?? [], others?.Gone ?? []);
                version++;
                (waited, published) = (published, NewPublished());
            }

            waited.TrySetResult();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            if (complaint.IsDue())
                AdminLog.StatusFailed(logger, e);
        }
    }

    private static TaskCompletionSource NewPublished() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
