using PushNode.Messages;
using PushNode.Push;
using PushNode.Tests.Support;

namespace PushNode.Tests.Push;

/// <summary>A store that begins a new life: what was delivered of the old one and what comes of the new one never meet.</summary>
internal sealed class EpochChangeTests
{
    private static readonly Channel Alice = Channel.User("alice");

    [Test]
    public async Task Begin_SendsEverybodyAway_AndGivesNewHoldersANewFeed()
    {
        await using var parts = new PushParts();
        RecordingConnection old = await parts.JoinLiveAsync();
        await parts.DeliverAsync(parts.Store.Store(Alice), parts.Store.Store(Alice));
        Subscription subscription = old.Find(Alice)!;

        parts.Store.LoseAll();
        parts.Store.Epoch = "e2";
        parts.Get<EpochChange>().Begin("a test");
        RecordingConnection next = await parts.JoinLiveAsync();
        await parts.DeliverAsync(parts.Store.Store(Alice));
        old.Acknowledge(subscription, 2);

        Assert.That(old.Frames, Does.Contain("reconnect"));
        Assert.That(old.ClosedWith, Is.EqualTo(CloseCode.Draining));
        Assert.That(old.Written, Is.EqualTo(new[] { 1, 2 }), "nothing of the new life");
        Assert.That(next.Written, Is.EqualTo(new[] { 1 }), "though its seq has been seen in the old one");
        Assert.That(next.ClosedWith, Is.Null);
        Assert.That(parts.Store.Moved.Where(static m => m.Contains("user:alice", StringComparison.Ordinal)), Is.Empty, "a seq of the old life moves no cursor");
    }

    [Test]
    public async Task Acknowledge_WhileTheStoreBeginsItsNewLife_MovesNoCursorOfIt()
    {
        await using var parts = new PushParts();
        RecordingConnection connection = await parts.JoinLiveAsync();
        await parts.DeliverAsync(parts.Store.Store(Alice), parts.Store.Store(Alice));

        // The feed has not been given up yet, or was asked whether it had just before.
        parts.Store.Epoch = "e2";
        connection.Acknowledge(connection.Find(Alice)!, 2);

        Assert.That(parts.Store.Moved, Has.None.Contains("user:alice"));
    }

    [Test]
    public async Task Join_WhileTheStoreBeginsItsNewLife_TakesNoPlaceOfTheOldOne()
    {
        await using var parts = new PushParts();
        parts.Store.Store(Channel.All);
        var gate = parts.Store.HeadGate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        (RecordingConnection connection, Task joined) = parts.Join();
        await Eventually.BecomesTrueAsync(() => parts.Store.HeadReads == 1, "the heads of the old life are on their way");

        parts.Store.LoseAll();
        parts.Store.Epoch = "e2";
        parts.Store.HeadGate = null;
        gate.SetResult();
        await joined;

        Assert.That(connection.Find(Channel.All)!.Position, Is.Zero);
        Assert.That(parts.Store.Moved, Is.EqualTo(new[] { "alice/default/all=0" }));
    }

    [Test]
    public async Task Release_OfAForgottenFeed_LeavesItsSuccessorAndItsRoute()
    {
        await using var parts = new PushParts();
        ChannelFeed old = await parts.HoldAsync();
        parts.Channels.ForgetAll();
        ChannelFeed next = await parts.HoldAsync();

        await parts.Channels.ReleaseAsync(old);

        Assert.That(parts.Channels.TryFind(Alice, out ChannelFeed? held) ? held : null, Is.SameAs(next));
        Assert.That(parts.Routes.Routes, Is.EqualTo(new[] { "user:alice" }));
        Assert.That(parts.Routes.Operations, Does.Not.Contain("-user:alice"));
        await parts.Channels.ReleaseAsync(next);
        Assert.That(parts.Routes.Routes, Is.Empty);
    }

    [Test]
    public async Task Release_OfAForgottenFeedWithoutASuccessor_TakesItsRouteAway()
    {
        await using var parts = new PushParts();
        ChannelFeed old = await parts.HoldAsync();
        parts.Channels.ForgetAll();

        await parts.Channels.ReleaseAsync(old);

        Assert.That(parts.Routes.Routes, Is.Empty);
    }

    [Test]
    public async Task Hold_WhileTheLastHolderOfAForgottenFeedLeaves_KeepsItsRoute()
    {
        await using var parts = new PushParts();
        ChannelFeed old = await parts.HoldAsync();
        parts.Channels.ForgetAll();
        parts.Routes.RemoveGate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task releasing = parts.Channels.ReleaseAsync(old).AsTask();
        await Eventually.BecomesTrueAsync(() => parts.Routes.UnderWay == 1, "the route is being removed");

        Task<ChannelFeed> holding = parts.HoldAsync();
        parts.Routes.RemoveGate.SetResult();
        await releasing;
        ChannelFeed next = await holding;

        Assert.That(parts.Channels.TryFind(Alice, out ChannelFeed? held) ? held : null, Is.SameAs(next));
        Assert.That(parts.Routes.Routes, Is.EqualTo(new[] { "user:alice" }));
    }

    [Test]
    public async Task Begin_WhileAClientJoins_ClosesIt_ThoughItHoldsAnOldFeed()
    {
        await using var parts = new PushParts();
        parts.Routes.AddGate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        (RecordingConnection joining, Task joined) = parts.Join();
        await Eventually.BecomesTrueAsync(() => parts.Routes.UnderWay == 1, "it takes hold");

        parts.Get<EpochChange>().Begin("a test");
        parts.Routes.AddGate.SetResult();
        await joined;

        Assert.That(joining.ClosedWith, Is.EqualTo(CloseCode.Draining));
        await parts.LeaveAsync(joining);
        Assert.That(parts.Routes.Routes, Is.Empty);
    }
}
