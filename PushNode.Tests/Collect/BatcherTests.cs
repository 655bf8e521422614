using Microsoft.Extensions.Logging.Abstractions;
using PushNode.Collect;
using PushNode.Messages;
using PushNode.Tests.Support;

namespace PushNode.Tests.Collect;

internal sealed class BatcherTests
{
    private readonly MemoryStore store = new();
    private readonly RecordingHeads heads = new();
    private readonly RecordingDispatcher dispatcher = new();

    [Test]
    public async Task WhatWaits_BecomesOneBatch_InTheOrderSubmitted()
    {
        using Batcher batcher = await StartAsync();
        store.Gate = new TaskCompletionSource();
        Submission first = Submit(batcher, "0");
        await Eventually.BecomesTrueAsync(() => store.Appends == 1, "append");

        Submission[] rest = [.. Enumerable.Range(1, 50).Select(i => Submit(batcher, $"{i}", $"{i}"))];
        store.Gate.SetResult();
        await first.Completion;
        foreach (Submission submission in rest)
            await submission.Completion;

        Assert.That(store.Batches, Is.EqualTo(new[] { 1, 100 }));
        Assert.That(rest.SelectMany(static s => s.Messages).Select(static m => m.Seq), Is.EqualTo(Enumerable.Range(2, 100)));
    }

    [Test]
    public async Task OneProducer_ThatWaitsForEachAnswer_IsHardlyEverHeldBack()
    {
        using Batcher batcher = await StartAsync();

        for (int i = 0; i < 300; i++)
            await Submit(batcher, "0").Completion;

        Assert.That(store.Rests, Is.InRange(1, 20));
    }

    [Test]
    public async Task ProducersThatSendAtTheSameTime_AreHeldBackEachTime()
    {
        using Batcher batcher = await StartAsync();

        for (int i = 0; i < 100; i++)
        {
            store.Gate = new TaskCompletionSource();
            int appends = store.Appends;
            Submission first = Submit(batcher, "0");
            await Eventually.BecomesTrueAsync(() => store.Appends == appends + 1, "append");
            Submission[] together = [Submit(batcher, "1"), Submit(batcher, "2")];
            store.Gate.SetResult();
            await first.Completion;
            foreach (Submission submission in together)
                await submission.Completion;
        }

        Assert.That(store.Rests, Is.GreaterThan(180));
    }

    [Test]
    public async Task Batch_IsBounded_AndNeverDividesASubmission()
    {
        using Batcher batcher = await StartAsync();
        store.Gate = new TaskCompletionSource();
        Submit(batcher, "0");
        await Eventually.BecomesTrueAsync(() => store.Appends == 1, "append");

        Submission[] all = [.. Enumerable.Range(0, 5).Select(_ => Submit(batcher, [.. Enumerable.Repeat("1", 1_000)]))];
        store.Gate.SetResult();
        foreach (Submission submission in all)
            await submission.Completion;

        Assert.That(store.Batches, Is.EqualTo(new[] { 1, 4_000, 1_000 }));
    }

    [Test]
    public async Task Queue_IsBoundedInBytes_ButTakesALargeOneWhenEmpty()
    {
        using Batcher batcher = await StartAsync(new CollectSettings { MaxQueuedBytes = 1 << 20 });
        store.Gate = new TaskCompletionSource();
        string large = $"\"{new string('x', 2 << 20)}\"";

        Assert.That(batcher.Submit(Make(large)), Is.EqualTo(SubmitResult.Queued));
        Assert.That(batcher.Submit(Make("1")), Is.EqualTo(SubmitResult.Full));
        store.Gate.SetResult();
        await Eventually.BecomesTrueAsync(() => batcher.Queued == 0, "the large one is stored");
        Assert.That(batcher.Submit(Make("1")), Is.EqualTo(SubmitResult.Queued));
    }

    [Test]
    public async Task Streams_OfAnySize_AllGetTheirTurn()
    {
        using Batcher batcher = await StartAsync(new CollectSettings { MaxQueuedMessages = 1_000 });

        await Task.WhenAll(Enumerable.Range(0, 8).Select(stream => Task.Run(async () =>
        {
            for (int i = 0; i < 50; i++)
            {
                Submission submission = Make([.. Enumerable.Repeat("1", 100 + (stream * 100))]);
                Assert.That(await batcher.SubmitAsync(submission, CancellationToken.None), Is.EqualTo(SubmitResult.Queued));
                await submission.Completion;
            }
        }))).WaitAsync(TimeSpan.FromSeconds(20));

        Assert.That(batcher.Queued, Is.Zero);
    }

    [Test]
    public async Task ProducerThatDwells_HoldsUpNobodyElse()
    {
        using Batcher batcher = await StartAsync();
        using var release = new ManualResetEventSlim();
        Submission dwelling = Make("1");
        // Where no synchronization context of the test would move the continuation away.
        Task dwells = await Task.Factory.StartNew(() => DwellAsync(dwelling, release), CancellationToken.None, TaskCreationOptions.None, TaskScheduler.Default);
        batcher.Submit(dwelling);

        await Submit(batcher, "2").Completion.AsTask().WaitAsync(TimeSpan.FromSeconds(10));

        Assert.That(dwells.IsCompleted, Is.False);
        release.Set();
        await dwells;

        static async Task DwellAsync(Submission submission, ManualResetEventSlim release)
        {
            await submission.Completion;
            release.Wait();
        }
    }

    [Test]
    public async Task Stream_ThatWaitsForRoom_IsCancelled_OrToldOfTheEnd()
    {
        using Batcher batcher = await StartAsync(new CollectSettings { MaxQueuedMessages = 1_000 });
        store.Gate = new TaskCompletionSource();
        Submit(batcher, [.. Enumerable.Repeat("1", 1_000)]);
        using var cancelled = new CancellationTokenSource();
        Task<SubmitResult> first = batcher.SubmitAsync(Make("1"), cancelled.Token).AsTask();
        Task<SubmitResult> second = batcher.SubmitAsync(Make("1"), CancellationToken.None).AsTask();

        await cancelled.CancelAsync();
        Task stopped = batcher.StopAsync(CancellationToken.None);

        Assert.That(async () => await first, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(await second, Is.EqualTo(SubmitResult.Stopping));
        store.Gate.SetResult();
        await stopped;
    }

    [Test]
    public async Task DispatchThatThrows_StopsNothing()
    {
        using Batcher batcher = await StartAsync();
        dispatcher.Throws = true;

        await Submit(batcher, "1").Completion;
        await Submit(batcher, "2").Completion;
        Submission ephemeral = new(ephemeral: true);
        ephemeral.Add(new Message(Channel.All, "e", 0, 0, null, "1"u8) { Ephemeral = true });
        batcher.Submit(ephemeral);
        await ephemeral.Completion;

        await Eventually.BecomesTrueAsync(() => dispatcher.Dispatched.Count == 3, "dispatch");
        Assert.That(store.Read(Channel.All), Has.Length.EqualTo(2));
    }

    [Test]
    public async Task HeadsThatFailOrHang_DelayNeitherAnswerNorDispatch([Values] bool throws)
    {
        using Batcher batcher = await StartAsync();
        heads.Throws = throws;
        heads.Gate = throws ? null : new TaskCompletionSource();

        await Submit(batcher, "1").Completion;
        await Submit(batcher, "2").Completion;

        await Eventually.BecomesTrueAsync(() => dispatcher.Dispatched.Count >= 1, "dispatch");
        heads.Gate?.SetResult();
        await Eventually.BecomesTrueAsync(() => dispatcher.Dispatched.Count == 2, "dispatch");
    }

    [Test]
    public async Task DispatchThatHangs_HoldsUpTheNextDispatch_NotTheNextAnswer()
    {
        using Batcher batcher = await StartAsync();
        dispatcher.Gate = new TaskCompletionSource();

        await Submit(batcher, "1").Completion;
        await Submit(batcher, "2").Completion;

        Assert.That(dispatcher.Dispatched, Has.Count.LessThanOrEqualTo(1));
        dispatcher.Gate.SetResult();
        await Eventually.BecomesTrueAsync(() => dispatcher.Dispatched.Count == 2, "dispatch");
        Assert.That(dispatcher.Dispatched.Select(static m => m.Seq), Is.Ordered.Ascending);
    }

    [Test]
    public async Task Stop_FinishesWhatWaits_AndTakesNothingMore()
    {
        using Batcher batcher = await StartAsync();
        store.Gate = new TaskCompletionSource();
        Submission[] waiting = [Submit(batcher, "1"), Submit(batcher, "2")];

        Task stopped = batcher.StopAsync(CancellationToken.None);

        Assert.That(batcher.Submit(Make("3")), Is.EqualTo(SubmitResult.Stopping));
        Assert.That(stopped.IsCompleted, Is.False);
        store.Gate.SetResult();
        await stopped;
        Assert.That(waiting.SelectMany(static s => s.Messages), Has.All.Property(nameof(Message.Outcome)).EqualTo(StoreOutcome.Stored));
        Assert.That(dispatcher.Dispatched, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Stop_WithAStoreThatHangs_GivesUp_AndSaysSoToTheProducers()
    {
        using Batcher batcher = await StartAsync();
        store.Gate = new TaskCompletionSource();
        Submission waiting = Submit(batcher, "1");
        using var limit = new CancellationTokenSource();

        Task stopped = batcher.StopAsync(limit.Token);
        await limit.CancelAsync();
        await stopped;

        await waiting.Completion;
        Assert.That(waiting.Messages.Single().Outcome, Is.EqualTo(StoreOutcome.Failed));
        Assert.That(dispatcher.Dispatched, Is.Empty);
    }

    [Test]
    public async Task Submission_IsUsedAgain_AfterReset()
    {
        using Batcher batcher = await StartAsync();
        var submission = new Submission(ephemeral: false);

        for (int round = 1; round <= 1_000; round++)
        {
            submission.Add(new Message(Channel.All, "m", 0, 0, null, "1"u8));
            Assert.That(batcher.Submit(submission), Is.EqualTo(SubmitResult.Queued));
            await submission.Completion;
            Assert.That(submission.Messages.Single().Seq, Is.EqualTo(round));
            submission.Reset();
        }

        Assert.That(submission.Bytes, Is.Zero);
    }

    private async Task<Batcher> StartAsync(CollectSettings? settings = null)
    {
        var batcher = new Batcher(store, heads, dispatcher, settings ?? new CollectSettings(), new CollectMetrics(), NullLogger<Batcher>.Instance);
        await batcher.StartAsync(CancellationToken.None);
        return batcher;
    }

    private static Submission Submit(Batcher batcher, params string[] data)
    {
        Submission submission = Make(data);
        Assert.That(batcher.Submit(submission), Is.EqualTo(SubmitResult.Queued));
        return submission;
    }

    private static Submission Make(params string[] data)
    {
        var submission = new Submission(ephemeral: false);
        foreach (string value in data)
            submission.Add(new Message(Channel.All, "m", 0, long.MaxValue, null, System.Text.Encoding.UTF8.GetBytes(value)));
        return submission;
    }
}
