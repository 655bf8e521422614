using Microsoft.Extensions.Hosting;
using PushNode.Cluster;
using PushNode.Dispatch;
using PushNode.Messages;
using PushNode.Storage;

namespace PushNode.Collect;

/// <summary>Brings what producers submit to the store and on to dispatch, a batch at a time.</summary>
internal sealed class Batcher : IHostedService, IDisposable
{
    /// <summary>What store and dispatch get to notice that they are cancelled, before the process ends without them.</summary>
    private static readonly TimeSpan LastGrace = TimeSpan.FromSeconds(2);

    private readonly IMessageStore store;
    private readonly IHeads heads;
    private readonly IDispatcher dispatcher;
    private readonly CollectMetrics metrics;
    private readonly ILogger<Batcher> logger;
    private readonly SubmissionQueue durable;
    private readonly SubmissionQueue ephemeral;
    private readonly CancellationTokenSource abandon = new();
    private Task loops = Task.CompletedTask;
    private bool storeFailing;
    private bool headsFailing;

    public Batcher(IMessageStore store, IHeads heads, IDispatcher dispatcher, CollectSettings settings, CollectMetrics metrics, ILogger<Batcher> logger)
    {
        this.store = store;
        this.heads = heads;
        this.dispatcher = dispatcher;
        this.metrics = metrics;
        this.logger = logger;
        durable = new SubmissionQueue(settings.MaxQueuedMessages, settings.MaxQueuedBytes, takesHere: true);
        ephemeral = new SubmissionQueue(settings.MaxQueuedMessages, settings.MaxQueuedBytes, takesHere: false);
    }

    /// <summary>Messages that wait to be stored or dispatched, or are being stored.</summary>
    public long Queued => durable.Count + ephemeral.Count;

    /// <summary>Puts the submission in line. Submissions are numbered in the order of these calls, and none is divided between batches.</summary>
    public SubmitResult Submit(Submission submission)
    {
        if (!store.IsStoring)
            return SubmitResult.NotStoring;
        SubmissionQueue queue = QueueOf(submission);
        if (queue.TryAdd(submission, share: 1))
            return SubmitResult.Queued;
        return queue.IsClosed ? SubmitResult.Stopping : SubmitResult.Full;
    }

    /// <summary>
    /// Puts the submission in line, and waits for room rather than refuse it: for streams, which can be held back. They get half of the room at most, so
    /// that however many stream, there is room for single requests. Never <see cref="SubmitResult.Full"/>.
    /// </summary>
    public async ValueTask<SubmitResult> SubmitAsync(Submission submission, CancellationToken cancellationToken)
    {
        if (!store.IsStoring)
            return SubmitResult.NotStoring;
        SubmissionQueue queue = QueueOf(submission);
        while (!queue.IsClosed)
        {
            Task room = queue.Room;
            if (queue.TryAdd(submission, share: 2))
                return SubmitResult.Queued;
            if (!queue.IsClosed)
                await room.WaitAsync(cancellationToken);
        }

        return SubmitResult.Stopping;
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        loops = Task.WhenAll(Task.Run(RunDurableAsync, CancellationToken.None), Task.Run(RunEphemeralAsync, CancellationToken.None));
        return Task.CompletedTask;
    }

    /// <summary>Takes nothing more and finishes what is in line; what is not stored when the token fires is given up and answered as not confirmed.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        durable.Close();
        ephemeral.Close();
        try
        {
            await loops.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            if (Queued > 0)
                CollectLog.GivesUp(logger, Queued);
            await abandon.CancelAsync();
            await loops.WaitAsync(LastGrace, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public void Dispose() => abandon.Dispose();

    //   producers                        the store                     the push nodes
    //       |                                |                               |
    //  (0) Submit: into line, or 503         |                               |
    //       |                                |                               |
    //       +--> (1) take all that waits --> (2) append: number, make durable|
    //                                        |                               |
    //       +<-- (3) answer: 202, 200 or 503 +                               |
    //                                        |                               |
    //            (4) wait until the batch before has been handed on          |
    //            (5) raise the heads' hints, and meanwhile                   |
    //            (6) dispatch what is new ---------------------------------> +
    //
    //  While (2) runs the next batch gathers in line, and while (5) and (6) run the next one is stored already: batches are as large as the
    //  store is slow, and held back for a moment only where that has made them larger. The order in which producers were put in line is that of the seqs and of the dispatches.
    //  A process that dies after (2) has promised nothing it cannot keep: the push nodes find in the store what (6) did not bring.
    private async Task RunDurableAsync()
    {
        Task handedOn = Task.CompletedTask;
        var gain = new RestGain();
        while (true)
        {
            // Before there is anything to take: then whoever brings it need not wake the store's thread.
            bool rested = gain.IsLikely;
            if (rested)
                await store.RestAsync();
            if (!await durable.WaitAsync())
                break;
            Batch batch = durable.Take();
            gain.Note(rested, batch.Submissions.Count);
            string? epoch = FindEpoch();
            await AppendAsync(batch.Messages);
            Message[] stored = Sort(batch.Messages);
            durable.Release(batch);
            batch.Complete();

            await handedOn;
            // Many are delivered while the next batch is stored.
            handedOn = stored.Length > Batch.Few ? Task.Run(() => HandOnAsync(stored, epoch)) : HandOnAsync(stored, epoch);
        }

        await handedOn;
    }

    /// <summary>Ephemeral messages have no number and wait for no store, so they have a line of their own and go on while the store is away.</summary>
    private async Task RunEphemeralAsync()
    {
        while (await ephemeral.WaitAsync())
        {
            Batch batch = ephemeral.Take();
            foreach (Message message in batch.Messages)
                message.Build();
            ephemeral.Release(batch);
            metrics.CountEphemeral(batch.Messages.Length);
            batch.Complete();
            await DispatchAsync(batch.Messages);
        }
    }

    // Before the batch is stored: should the store begin a new life meanwhile, the batch's numbers are not of that one.
    private string? FindEpoch()
    {
        try
        {
            return store.Epoch;
        }
        catch (StoreUnavailableException)
        {
            return null;
        }
    }

    private SubmissionQueue QueueOf(Submission submission) => submission.Ephemeral ? ephemeral : durable;

    private async Task AppendAsync(Message[] batch)
    {
        try
        {
            await store.AppendAsync(batch, abandon.Token);
        }
        catch (OperationCanceledException) when (abandon.IsCancellationRequested)
        {
            // The shutdown took too long; whoever still waits is answered that nothing was confirmed.
        }
        catch (Exception e)
        {
            // A store says so in the outcomes; one that throws has a fault, and its producers are told that nothing was confirmed.
            CollectLog.AppendThrew(logger, e, batch.Length);
        }
    }

    /// <summary>Fails what has no outcome, counts, and returns what is to be delivered.</summary>
    private Message[] Sort(Message[] batch)
    {
        int stored = 0, repeated = 0;
        foreach (Message message in batch)
        {
            if (message.Outcome == StoreOutcome.Stored)
            {
                stored++;
                continue;
            }

            if (message.Outcome == StoreOutcome.Repeated)
                repeated++;
            else
                message.Fail();
            // Nobody will deliver it, so whoever waits for its delivery is told now.
            message.Report?.Add(0);
        }

        int failed = batch.Length - stored - repeated;
        metrics.CountDurable(batch.Length, stored, repeated, failed);
        NoteStoreState(failed, batch.Length);
        return stored == batch.Length ? batch : Array.FindAll(batch, static m => m.Outcome == StoreOutcome.Stored);
    }

    private async Task HandOnAsync(Message[] stored, string? epoch)
    {
        if (stored.Length == 0)
            return;
        Task raised = epoch is null ? Task.CompletedTask : RaiseHeadsAsync(stored, epoch);
        await DispatchAsync(stored);
        await raised;
    }

    private async Task RaiseHeadsAsync(Message[] stored, string epoch)
    {
        try
        {
            await heads.RaiseAsync(stored, epoch, abandon.Token);
            if (headsFailing)
                CollectLog.HeadsRaisedAgain(logger);
            headsFailing = false;
        }
        catch (Exception e)
        {
            // A hint: push nodes that miss it ask the store.
            if (!headsFailing)
                CollectLog.HeadsNotRaised(logger, e);
            headsFailing = true;
        }
    }

    private async Task DispatchAsync(Message[] batch)
    {
        try
        {
            await dispatcher.DispatchAsync(batch, abandon.Token);
        }
        catch (Exception e)
        {
            CollectLog.DispatchThrew(logger, e, batch.Length);
        }
    }

    /// <summary>Logs when the store begins to fail and when it is well again, not every batch in between.</summary>
    private void NoteStoreState(int failed, int messages)
    {
        if (failed > 0 && !storeFailing)
            CollectLog.StoreFails(logger, failed, messages, store.Trouble ?? "it did not say why");
        else if (failed == 0 && storeFailing)
            CollectLog.StoreWellAgain(logger);
        storeFailing = failed > 0;
    }
}
