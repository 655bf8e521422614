using System.Threading.Tasks.Sources;
using PushNode.Messages;

namespace PushNode.Storage.Journal;

/// <summary>
/// Appends batches, one at a time, on a thread of its own: number, write, force to the disk, index, tell. A batch that cannot be stored fails whole; the
/// next one, or <see cref="MaintainAsync"/>, first repairs what the failure has left.
/// </summary>
internal sealed class Appender(AppendPlan plan, SegmentWriter writer, WorkQueue queue, JournalServices services)
    : IWork, IValueTaskSource, IAsyncDisposable
{
    /// <summary>Up to so many messages the caller goes on with on the appending thread: waking another one costs more than what there is to do for them.</summary>
    private const int Few = 16;

    private readonly SemaphoreSlim turn = new(1);
    private readonly Rest rest = new(queue, services.Time);
    private ManualResetValueTaskSourceCore<bool> done;
    private IReadOnlyList<Message> batch = [];
    private volatile string? trouble;

    /// <inheritdoc cref="IMessageStore.Trouble"/>
    public string? Trouble => trouble;

    /// <inheritdoc cref="IMessageStore.RestAsync"/>
    public ValueTask RestAsync() => services.Settings.Sync == JournalSync.EveryBatch ? rest.WaitAsync() : ValueTask.CompletedTask;

    /// <inheritdoc cref="IMessageStore.AppendAsync"/>
    public async ValueTask AppendAsync(IReadOnlyList<Message> messages, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            batch = messages;
            rest.Begin();
            done.Reset();
            if (queue.TryPost(this))
                await new ValueTask(this, done.Version);
            else
                Fail(messages);
        }
        finally
        {
            batch = [];
            turn.Release();
        }
    }

    /// <summary>
    /// Repairs what a failure has left, so that a node nobody sends to finds out that it is well again; begins a new segment when it is time.
    /// </summary>
    public Task MaintainAsync(CancellationToken cancellationToken) => queue.RunAsync(
        () =>
        {
            try
            {
                writer.Prepare(services.Now);
                if (trouble is not null)
                    writer.Probe();
                Report(null);
            }
            catch (Exception e)
            {
                Report(e);
            }

            return true;
        },
        cancellationToken);

    /// <summary>Forces to the disk what has been appended.</summary>
    /// <returns>False when it failed.</returns>
    public Task<bool> SyncAsync(CancellationToken cancellationToken) => queue.RunAsync(writer.Sync, cancellationToken);

    /// <summary>
    /// Finishes the batch that has been begun; later ones fail. Callers may still be passing the semaphore, so it is left to the collector.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        await queue.DisposeAsync();
        writer.Close();
    }

    /// <summary>Appends the batch, on the appending thread.</summary>
    public void Run()
    {
        bool stored = false;
        try
        {
            writer.Prepare(services.Now);
            plan.Number(batch, writer.Active.Number);
            if (plan.WriteTo(writer))
                writer.Commit();
            stored = true;
            plan.Publish(writer.Active);
            Report(null);
        }
        catch (Exception e)
        {
            // Whatever it was, the thread must live on, and numbers that are in the file are not free.
            writer.Abandon();
            if (!stored)
                plan.TakeBack();
            Fail(batch);
            Report(e);
        }

        plan.Clear();
        done.RunContinuationsAsynchronously = batch.Count > Few;
        done.SetResult(true);
    }

    public void GetResult(short token) => done.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => done.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        done.OnCompleted(continuation, state, token, flags);

    private static void Fail(IReadOnlyList<Message> messages)
    {
        foreach (Message message in messages)
            message.Fail();
    }

    private void Report(Exception? failure)
    {
        if (failure is null)
        {
            if (trouble is not null)
                services.Logger.AppendingAgain();
            trouble = null;
            return;
        }

        if (trouble is null)
            services.Logger.AppendFailed(failure);
        trouble = $"The journal cannot be written: {failure.Message}";
    }
}
