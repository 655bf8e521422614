using PushNode.Messages;
using PushNode.Push;
using PushNode.Tests.Support;

namespace PushNode.Tests.Push;

/// <summary>The safety net: by hints as a rule, by the store's own heads when something may have been missed.</summary>
internal sealed class ReconcilerTests
{
    private static readonly Channel Alice = Channel.User("alice");

    [Test]
    public async Task Tick_ByHints_FillsWhatIsMissedTwice_AndWritesTheRouteAgain()
    {
        await using var parts = new PushParts();
        RecordingConnection connection = await parts.JoinLiveAsync();
        await parts.StartAsync<Reconciler>();
        int asked = parts.Store.HeadReads;
        int written = parts.Routes.Operations.Length;
        parts.Hints.Hints["user:alice"] = parts.Store.Store(Alice).Seq;

        parts.Time.Advance(TimeSpan.FromSeconds(3));
        await Eventually.BecomesTrueAsync(() => parts.Hints.Reads == 1, "one comparison");
        Assert.That(connection.Written, Is.Empty, "it may be on its way");
        await parts.AdvanceUntilAsync(() => connection.Written.Count == 1, "what is missed arrives");

        await Eventually.BecomesTrueAsync(() => parts.Routes.Operations.Length > written, "the route is written again");
        Assert.That(parts.Routes.Operations.Skip(written), Is.All.EqualTo("+user:alice"));
        Assert.That(parts.Store.HeadReads, Is.EqualTo(asked), "hints cost the store nothing");
    }

    [Test]
    public async Task Tick_WhileTheTableIsAway_AsksTheStore_AndFillsAtOnce()
    {
        await using var parts = new PushParts();
        RecordingConnection connection = await parts.JoinLiveAsync();
        await parts.StartAsync<Reconciler>();
        parts.Routes.IsReachable = false;
        parts.Store.Store(Alice);

        parts.Time.Advance(TimeSpan.FromSeconds(3));
        await Eventually.BecomesTrueAsync(() => parts.Time.Timers > 1, "the filling waits for what was only overtaken");
        parts.Time.Advance(TimeSpan.FromMilliseconds(20));

        await Eventually.BecomesTrueAsync(() => connection.Written.Count == 1, "what is missed arrives after one comparison");
        Assert.That(parts.Hints.Reads, Is.Zero);
        Assert.That(parts.Routes.Operations, Has.Length.EqualTo(2), "a table that is away is left alone");
    }

    [Test]
    public async Task Tick_WithoutHints_AsksTheStore()
    {
        await using var parts = new PushParts();
        RecordingConnection connection = await parts.JoinLiveAsync();
        await parts.StartAsync<Reconciler>();
        parts.Hints.Throws = true;
        parts.Store.Store(Alice);

        await parts.AdvanceUntilAsync(() => connection.Written.Count == 1, "what is missed arrives");
    }

    [Test]
    public async Task Start_ComparesWithTheStore_OnceForAllWhoAsk_AndAgainForThoseWhoAskLater()
    {
        await using var parts = new PushParts();
        RecordingConnection connection = await parts.JoinLiveAsync();
        await parts.StartAsync<Reconciler>();
        int asked = parts.Store.HeadReads;
        parts.Store.HeadGate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        IReconcile reconcile = parts.Get<IReconcile>();

        reconcile.Start();
        await Eventually.BecomesTrueAsync(() => parts.Store.HeadReads == asked + 1, "the comparison begins");
        parts.Store.Store(Alice);
        for (int i = 0; i < 100; i++)
            reconcile.Start();
        parts.Store.HeadGate.SetResult();

        await parts.AdvanceUntilAsync(() => connection.Written.Count == 1, "what is missed arrives");
        await Eventually.BecomesTrueAsync(() => parts.Store.HeadReads == asked + 2, "those who asked meanwhile share another one");
        await parts.AdvanceUntilAsync(() => parts.Hints.Reads == 1, "time goes on");
        Assert.That(parts.Store.HeadReads, Is.EqualTo(asked + 2));
    }

    [Test]
    public async Task Start_WhileTheStoreIsAway_IsTriedUntilItAnswers()
    {
        await using var parts = new PushParts(configure: static o => o.ReconcileInterval = TimeSpan.FromMinutes(10));
        RecordingConnection connection = await parts.JoinLiveAsync();
        await parts.StartAsync<Reconciler>();
        parts.Store.Store(Alice);
        int asked = parts.Store.HeadReads;
        parts.Store.IsAway = true;

        parts.Get<IReconcile>().Start();
        await parts.AdvanceUntilAsync(() => parts.Store.HeadReads >= asked + 3, "it asks again");
        parts.Store.IsAway = false;

        await parts.AdvanceUntilAsync(() => connection.Written.Count == 1, "what is missed arrives");
    }

    [Test]
    public async Task StoreThatEndsBelowWhatWasDelivered_HasBegunANewLife()
    {
        await using var parts = new PushParts();
        RecordingConnection connection = await parts.JoinLiveAsync();
        await parts.StartAsync<Reconciler>();
        await parts.DeliverAsync(parts.Store.Store(Alice), parts.Store.Store(Alice));
        parts.Store.LoseAll();

        parts.Get<IReconcile>().Start();

        await Eventually.BecomesTrueAsync(() => connection.ClosedWith == CloseCode.Draining, "its clients are sent away");
        Assert.That(parts.Channels.Feeds, Is.Empty);
    }

    [Test]
    public async Task StoreThatAnswersLate_IsNotTakenForANewOne()
    {
        await using var parts = new PushParts();
        RecordingConnection connection = await parts.JoinLiveAsync();
        await parts.StartAsync<Reconciler>();
        int asked = parts.Store.HeadReads;
        parts.Store.HeadGate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        parts.Get<IReconcile>().Start();
        await Eventually.BecomesTrueAsync(() => parts.Store.HeadReads == asked + 1, "the comparison begins");

        // Delivered after the heads were asked for, and not in the answer.
        await parts.DeliverAsync(ScriptedStore.Stored(Alice, 1));
        parts.Store.HeadGate.SetResult();
        await parts.AdvanceUntilAsync(() => parts.Hints.Reads == 1, "time goes on");

        Assert.That(connection.ClosedWith, Is.Null);
    }
}
