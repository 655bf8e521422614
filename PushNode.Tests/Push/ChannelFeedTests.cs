using PushNode.Messages;
using PushNode.Push;
using PushNode.Storage;

namespace PushNode.Tests.Push;

internal sealed class ChannelFeedTests
{
    private static readonly Channel Alice = Channel.User("alice");

    private readonly ChannelFeed feed = new(Alice, new PushMetrics(TimeProvider.System));
    private readonly FlushList touched = new(new FlushQueue());
    private int announced;

    [Test]
    public void Deliver_InOrder_WritesEach()
    {
        RecordingConnection connection = Live(at: 0);

        Deliver(1, 2, 3);

        Assert.That(connection.Written, Is.EqualTo(new[] { 1, 2, 3 }));
    }

    [Test]
    public void Deliver_Again_IsDroppedAsADuplicate()
    {
        RecordingConnection connection = Live(at: 0);

        Deliver(1, 2, 1, 2, 3);

        Assert.That(connection.Written, Is.EqualTo(new[] { 1, 2, 3 }));
    }

    [Test]
    public void Deliver_Overtaken_WaitsForTheOtherAndKeepsTheOrder()
    {
        RecordingConnection connection = Live(at: 0);

        bool asks = feed.Deliver(Stored(3), touched);
        bool asksAgain = feed.Deliver(Stored(2), touched);
        Assert.That(connection.Written, Is.Empty);
        Deliver(1);

        Assert.That(connection.Written, Is.EqualTo(new[] { 1, 2, 3 }));
        Assert.That((asks, asksAgain), Is.EqualTo((true, false)), "the store is asked once per gap");
        Assert.That(feed.FindGap(), Is.Null);
    }

    [Test]
    public void Fill_ClosesTheGap_ThenWhatWaited()
    {
        RecordingConnection connection = Live(at: 0);
        Deliver(1);
        feed.Deliver(Stored(4), touched);

        Assert.That(feed.FindGap(), Is.EqualTo(1));
        feed.Fill(new MessagePage([Stored(2), Stored(3)], 3, 4), touched);

        Assert.That(connection.Written, Is.EqualTo(new[] { 1, 2, 3, 4 }));
        Assert.That(feed.FindGap(), Is.Null);
    }

    [Test]
    public void Fill_WithExpiredMessages_PassesOverThem()
    {
        RecordingConnection connection = Live(at: 0);
        feed.Deliver(Stored(5), touched);

        feed.Fill(new MessagePage([Stored(3)], 5, 5), touched);
        Deliver(6);

        Assert.That(connection.Written, Is.EqualTo(new[] { 3, 6 }));
    }

    [Test]
    public void TryGoLive_WithAMessageDeliveredMeanwhile_MustReadAgain()
    {
        Subscription joining = Attached(out RecordingConnection connection);
        Deliver(7);
        joining.Position = 6;

        Assert.That(GoLive(joining), Is.False);
        joining.Position = 7;
        Assert.That(GoLive(joining), Is.True);
        Deliver(8);

        Assert.That(connection.Written, Is.EqualTo(new[] { 8 }));
        Assert.That(announced, Is.EqualTo(1));
    }

    [Test]
    public void TryGoLive_BesideOthersThatWaitForAGap_IsNotHeldUp()
    {
        RecordingConnection first = Live(at: 0);
        Deliver(1);
        feed.Deliver(Stored(3), touched);
        Subscription second = Attached(out RecordingConnection connection);
        second.Position = 3;

        Assert.That(GoLive(second), Is.True);
        Deliver(2, 4);

        Assert.That(first.Written, Is.EqualTo(new[] { 1, 2, 3, 4 }));
        Assert.That(connection.Written, Is.EqualTo(new[] { 4 }), "what it had from the store does not come twice");
    }

    [Test]
    public void Deliver_ToAFullConnection_PutsItBehind_AndTheOthersGoOn()
    {
        Subscription slow = Attached(out RecordingConnection full);
        GoLive(slow);
        RecordingConnection other = Live(at: 0);
        Deliver(1);

        full.IsFull = true;
        Deliver(2, 3);
        full.IsFull = false;
        Deliver(4);

        Assert.That(full.Written, Is.EqualTo(new[] { 1 }));
        Assert.That(other.Written, Is.EqualTo(new[] { 1, 2, 3, 4 }));
        Assert.That(slow.State, Is.EqualTo(SubscriptionState.Behind));
        Assert.That(slow.Position, Is.EqualTo(1), "it goes on from the store where it stopped");
        Assert.That(GoLive(slow), Is.False);
        slow.Position = 4;
        Assert.That(GoLive(slow), Is.True);
    }

    [Test]
    public void Replay_OfASubscriptionThatHasEnded_WritesNothing()
    {
        Subscription ended = Attached(out RecordingConnection connection);
        Assert.That(feed.Replay(ended, Stored(1)), Is.EqualTo(EnqueueResult.Queued));

        feed.Detach(ended);

        Assert.That(feed.Replay(ended, Stored(2)), Is.EqualTo(EnqueueResult.Closed));
        Assert.That(connection.Written, Is.EqualTo(new[] { 1 }));
    }

    [Test]
    public void Reconcile_AsksForWhatWasMissed_OnlyWhenItStaysMissing()
    {
        Live(at: 0);
        Deliver(1);

        Assert.That(feed.Reconcile(2), Is.False, "it may be on its way");
        Assert.That(feed.Reconcile(2), Is.True);
        Assert.That(feed.FindGap(), Is.EqualTo(1));
    }

    [Test]
    public void Reconcile_AfterTheMessageHasCome_AsksForNothing()
    {
        Live(at: 0);
        feed.Reconcile(2);
        Deliver(1, 2);

        Assert.That(feed.Reconcile(2), Is.False);
    }

    [Test]
    public void Reconcile_ByTheStoresOwnHead_AsksForWhatIsMissingAtOnce()
    {
        Live(at: 0);
        Deliver(1);

        Assert.That(feed.CatchUpTo(1), Is.False);
        Assert.That(feed.CatchUpTo(3), Is.True);
        Assert.That(feed.FindGap(), Is.EqualTo(1));
    }

    [TestCase(0)]
    [TestCase(1)]
    public void Reconcile_ByAHintThatIsLostOrBehind_AsksForNothing(long hint)
    {
        Live(at: 0);
        Deliver(1, 2);

        feed.Reconcile(hint);

        Assert.That(feed.Reconcile(hint), Is.False);
        Assert.That(feed.FindGap(), Is.Null);
    }

    [Test]
    public void Reconcile_ByAHintAboveTheStoresHead_AsksTheStoreOnce_AndFindsWhatIsMissedLater()
    {
        RecordingConnection connection = Live(at: 0);
        Deliver(1);
        feed.Reconcile(500);
        Assert.That(feed.Reconcile(500), Is.True);

        Assert.That(feed.FindGap(), Is.EqualTo(1));
        feed.Fill(new MessagePage([], 1, 1), touched);
        Assert.That(feed.FindGap(), Is.Null, "the store has the last word");
        Assert.That((feed.Reconcile(500), feed.Reconcile(500)), Is.EqualTo((false, false)));

        Assert.That(feed.CatchUpTo(2), Is.True, "the store's own head is another matter");
        Assert.That(feed.FindGap(), Is.EqualTo(1));
        feed.Fill(new MessagePage([Stored(2)], 2, 2), touched);
        Assert.That(feed.FindGap(), Is.Null);
        feed.Reconcile(501);
        Assert.That(feed.Reconcile(501), Is.True);
        Assert.That(connection.Written, Is.EqualTo(new[] { 1, 2 }));
    }

    [TestCase(2, 3)]
    [TestCase(3, 4)]
    public void Reconcile_ByAHintThatRisesWhileTheStoreIsRead_IsNotRefutedByWhatWasReadBefore(long first, long then)
    {
        Live(at: 0);
        Deliver(1);
        feed.Reconcile(first);
        feed.Reconcile(first);
        feed.FindGap();

        feed.Reconcile(then);
        feed.Fill(new MessagePage([Stored(2)], 2, 2), touched);

        Assert.That(feed.FindGap(), Is.EqualTo(2), "what is hinted at may have been stored since the page was read");
    }

    [Test]
    public void TryGoLive_IsNotHeldUpByAHintAboveTheStoresHead()
    {
        Subscription joining = Attached(out _);
        feed.Reconcile(500);
        joining.Position = 1;

        Assert.That(GoLive(joining), Is.True);
    }

    [Test]
    public void Take_BeforeItIsAttached_IsSentNothing_ButIsFound()
    {
        var connection = new RecordingConnection();
        var subscription = new Subscription(connection, feed);
        feed.Take(subscription);
        Live(at: 0);

        Deliver(1);
        feed.Deliver(Ephemeral(null), touched);
        Assert.That(feed.Replay(subscription, Stored(1)), Is.EqualTo(EnqueueResult.Closed));
        var found = new List<Connection>();
        feed.CopyConnections(found);

        Assert.That(connection.Written, Is.Empty);
        Assert.That(found, Does.Contain(connection));
        feed.Detach(subscription);
        feed.Attach(subscription);
        Assert.That(subscription.State, Is.EqualTo(SubscriptionState.Ended), "what has been given up does not come back");
    }

    [Test]
    public void Orphan_IsSentNothingAnyMore_FromAnySide()
    {
        RecordingConnection live = Live(at: 0);
        Subscription behind = Attached(out RecordingConnection slow);
        Deliver(1);
        var report = new DeliveryReport(1);
        feed.Deliver(Stored(9, report), touched);

        feed.Orphan();
        Deliver(2);
        feed.Deliver(Ephemeral(null), touched);
        feed.Fill(new MessagePage([Stored(3)], 3, 3), touched);

        Assert.That(feed.Replay(behind, Stored(1)), Is.EqualTo(EnqueueResult.Closed));
        Assert.That(feed.FindGap(), Is.Null);
        Assert.That(report.Completed.IsCompleted, Is.True, "what waited for the gap is reported");
        Assert.That(live.Written, Is.EqualTo(new[] { 1 }));
        Assert.That(slow.Written, Is.Empty);
        var late = new Subscription(new RecordingConnection(), feed);
        feed.Take(late);
        Assert.That(late.State, Is.EqualTo(SubscriptionState.Ended));
        feed.Detach(behind);
    }

    [Test]
    public void Deliver_Ephemeral_ReachesThoseBehindToo_AndMovesNothing()
    {
        RecordingConnection live = Live(at: 5);
        Attached(out RecordingConnection joining);
        var report = new DeliveryReport(1);
        Message message = Ephemeral(report);

        feed.Deliver(message, touched);
        feed.Deliver(Ephemeral(null), touched);
        Deliver(6);

        Assert.That(report.Connections, Is.EqualTo(2));
        Assert.That(live.Written, Is.EqualTo(new[] { 0, 0, 6 }));
        Assert.That(joining.Written, Is.EqualTo(new[] { 0, 0 }));
    }

    [Test]
    public void Deliver_ReportsEachMessageOnce_WhateverBecomesOfIt()
    {
        Live(at: 0);
        var report = new DeliveryReport(4);
        foreach (int seq in new[] { 1, 1, 3, 2 })
            feed.Deliver(Stored(seq, report), touched);

        Assert.That(report.Completed.IsCompleted, Is.True);
        Assert.That(report.Connections, Is.EqualTo(3));
    }

    private static Message Ephemeral(DeliveryReport? report)
    {
        var message = new Message(Alice, "e", 0, 0, null, "1"u8) { Ephemeral = true, Report = report };
        message.Build();
        return message;
    }

    private static Message Stored(long seq, DeliveryReport? report = null)
    {
        var message = new Message(Alice, $"m{seq}", 0, long.MaxValue, null, "1"u8) { Report = report };
        message.Accept(seq);
        return message;
    }

    private void Deliver(params int[] seqs)
    {
        foreach (int seq in seqs)
            feed.Deliver(Stored(seq), touched);
    }

    private Subscription Attached(out RecordingConnection connection)
    {
        connection = new RecordingConnection();
        var subscription = new Subscription(connection, feed);
        feed.Take(subscription);
        feed.Attach(subscription);
        return subscription;
    }

    private RecordingConnection Live(long at)
    {
        Subscription subscription = Attached(out RecordingConnection connection);
        subscription.Position = at;
        Assert.That(GoLive(subscription), Is.True);
        return connection;
    }

    private bool GoLive(Subscription subscription) => feed.TryGoLive(subscription, _ => announced++);
}
