using PushNode.Messages;
using PushNode.Push;
using PushNode.Tests.Support;

namespace PushNode.Tests.Push;

/// <summary>This node's routes in the shared table: there as soon as they can be, and never one too many.</summary>
internal sealed class RouteKeeperTests
{
    private static readonly Channel Alice = Channel.User("alice");
    private static readonly TimeSpan Notices = TimeSpan.FromMilliseconds(250);

    [Test]
    public async Task Hold_WhileTheTableIsAway_GoesOn_AndIsRoutedAndComparedWhenItIsBack()
    {
        await using var parts = new PushParts();
        parts.Routes.IsReachable = false;
        await parts.StartAsync<RouteKeeper>();
        await parts.StartAsync<Reconciler>();
        RecordingConnection connection = await parts.JoinLiveAsync();
        parts.Store.Store(Alice);

        Assert.That(parts.Channels.Feeds.Select(f => f.Routed), Is.All.Zero);
        parts.Routes.IsReachable = true;
        parts.Time.Advance(Notices);
        await Eventually.BecomesTrueAsync(() => parts.Routes.Routes.SequenceEqual(["all", "user:alice"]), "the routes are written");

        await parts.AdvanceUntilAsync(() => connection.Written.Count == 1, "what was stored meanwhile arrives");
    }

    [Test]
    public async Task TableLost_AllIsWrittenAgain_AndThenComparedWithTheStore()
    {
        await using var parts = new PushParts();
        RecordingConnection connection = await parts.JoinLiveAsync();
        await parts.StartAsync<RouteKeeper>();
        await parts.StartAsync<Reconciler>();
        parts.Routes.AddGate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int compared = parts.Store.HeadReads;

        parts.Routes.LoseAll();
        parts.Store.Store(Alice);
        parts.Time.Advance(Notices);
        await Eventually.BecomesTrueAsync(() => parts.Routes.UnderWay == 2, "both routes are being written");
        Assert.That(parts.Store.HeadReads, Is.EqualTo(compared), "what is stored before its route is there must be in the heads");
        parts.Routes.AddGate.SetResult();

        await parts.AdvanceUntilAsync(() => connection.Written.Count == 1, "what no route brought arrives");
        Assert.That(parts.Routes.Routes, Is.EqualTo(new[] { "all", "user:alice" }));
        Assert.That(parts.Channels.Feeds.Select(f => f.Routed), Is.All.EqualTo(parts.Routes.Generation));
    }

    [Test]
    public async Task TableLost_WhileARouteIsBeingWritten_ThatOneIsWrittenAgain()
    {
        await using var parts = new PushParts();
        await parts.StartAsync<RouteKeeper>();
        parts.Routes.AddGate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task<ChannelFeed> holding = parts.HoldAsync();
        await Eventually.BecomesTrueAsync(() => parts.Routes.UnderWay == 1, "the route is being written");

        parts.Routes.LoseAll();
        parts.Time.Advance(Notices);
        parts.Routes.AddGate.SetResult();
        ChannelFeed feed = await holding;

        await parts.AdvanceUntilAsync(() => feed.Routed == parts.Routes.Generation, "it is written again");
        Assert.That(parts.Routes.Routes, Is.EqualTo(new[] { "user:alice" }));
        Assert.That(parts.Routes.Overlapped, Is.False);
    }

    [Test]
    public async Task Release_WhileItsRouteIsWrittenAgain_RemovesItAfterwards()
    {
        await using var parts = new PushParts();
        ChannelFeed feed = await parts.HoldAsync();
        parts.Routes.AddGate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task writing = parts.Channels.WriteAgainAsync([feed], CancellationToken.None);
        await Eventually.BecomesTrueAsync(() => parts.Routes.UnderWay == 1, "the route is being written");

        Task releasing = parts.Channels.ReleaseAsync(feed).AsTask();
        parts.Routes.AddGate.SetResult();
        await Task.WhenAll(writing, releasing);

        Assert.That(parts.Routes.Operations, Is.EqualTo(new[] { "+user:alice", "+user:alice", "-user:alice" }));
        Assert.That(parts.Routes.Routes, Is.Empty);
        Assert.That(parts.Routes.Overlapped, Is.False);
    }

    [Test]
    public async Task WriteAgain_WhileTheChannelIsBeingDropped_DoesNotBringItBack()
    {
        await using var parts = new PushParts();
        ChannelFeed feed = await parts.HoldAsync();
        parts.Routes.RemoveGate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task releasing = parts.Channels.ReleaseAsync(feed).AsTask();
        await Eventually.BecomesTrueAsync(() => parts.Routes.UnderWay == 1, "the route is being removed");

        Task writing = parts.Channels.WriteAgainAsync([feed], CancellationToken.None);
        parts.Routes.RemoveGate.SetResult();
        await Task.WhenAll(writing, releasing);

        Assert.That(parts.Routes.Operations, Is.EqualTo(new[] { "+user:alice", "-user:alice" }));
    }

    [Test]
    public async Task Hold_WhileTheChannelIsBeingDropped_IsRoutedAfterwards()
    {
        await using var parts = new PushParts();
        ChannelFeed first = await parts.HoldAsync();
        parts.Routes.RemoveGate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task releasing = parts.Channels.ReleaseAsync(first).AsTask();
        await Eventually.BecomesTrueAsync(() => parts.Routes.UnderWay == 1, "the route is being removed");

        Task<ChannelFeed> holding = parts.HoldAsync();
        parts.Routes.RemoveGate.SetResult();
        await releasing;
        ChannelFeed second = await holding;

        Assert.That(parts.Routes.Routes, Is.EqualTo(new[] { "user:alice" }));
        Assert.That(second, Is.Not.SameAs(first));
        Assert.That(parts.Channels.TryFind(Alice, out ChannelFeed? held) ? held : null, Is.SameAs(second));
    }

    [Test]
    public async Task ManyRoutes_AreWrittenPipelined_ButNotAllAtOnce()
    {
        await using var parts = new PushParts();
        for (int i = 0; i < 1000; i++)
            await parts.HoldAsync(Channel.User($"u{i}"));
        parts.Routes.LoseAll();
        parts.Routes.AddGate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        Task<int> writing = parts.Channels.WriteMissingAsync(CancellationToken.None);
        await Eventually.BecomesTrueAsync(() => parts.Routes.UnderWay > 100, "many are under way");
        parts.Routes.AddGate.SetResult();

        Assert.That(await writing, Is.EqualTo(1000));
        Assert.That(parts.Routes.Routes.Count(), Is.EqualTo(1000));
        Assert.That(parts.Routes.MostUnderWay, Is.LessThanOrEqualTo(256));
    }

    [Test]
    public async Task TableThatGoesAwayInTheMiddle_IsWrittenToTheEnd_WhenItIsBack()
    {
        await using var parts = new PushParts();
        for (int i = 0; i < 500; i++)
            await parts.HoldAsync(Channel.User($"u{i}"));
        await parts.StartAsync<RouteKeeper>();
        parts.Routes.LoseAll();
        parts.Routes.AddGate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        parts.Time.Advance(Notices);
        await Eventually.BecomesTrueAsync(() => parts.Routes.UnderWay > 0, "routes are being written");

        parts.Routes.IsReachable = false;
        parts.Routes.AddGate.SetResult();
        await Eventually.BecomesTrueAsync(() => parts.Routes.UnderWay == 0, "what was under way has ended");
        Assert.That(parts.Routes.Routes.Count(), Is.LessThan(500));
        parts.Routes.IsReachable = true;

        await parts.AdvanceUntilAsync(() => parts.Routes.Routes.Count() == 500, "all are written");
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task ChannelWhoseRouteCannotBeWritten_IsHeldAllTheSame_AndIsNotTriedAllTheTime(bool throws)
    {
        await using var parts = new PushParts();
        await parts.StartAsync<RouteKeeper>();
        parts.Routes.Broken = "user:alice";
        parts.Routes.Throws = throws;
        await parts.JoinLiveAsync();
        Assert.That(parts.Routes.Routes, Is.EqualTo(new[] { "all" }));
        long requests = parts.Get<Reconciler>().Requests;

        DateTimeOffset start = parts.Time.GetUtcNow();
        await parts.AdvanceUntilAsync(() => parts.Time.GetUtcNow() - start > TimeSpan.FromMinutes(1), "a minute passes", TimeSpan.FromMilliseconds(250));

        Assert.That(parts.Routes.Refused, Is.InRange(3, 10), "with pauses that grow");
        Assert.That(parts.Get<Reconciler>().Requests, Is.EqualTo(requests), "nothing was written, so there is nothing to compare");
        parts.Routes.Broken = null;
        await parts.AdvanceUntilAsync(() => parts.Routes.Routes.Contains("user:alice"), "it is written when it can be", TimeSpan.FromMilliseconds(250));
        Assert.That(parts.Get<Reconciler>().Requests, Is.GreaterThan(requests));
    }

    [Test]
    public async Task TableThatIsLostAgain_IsWrittenAtOnce_WhateverFailedBefore()
    {
        await using var parts = new PushParts();
        await parts.StartAsync<RouteKeeper>();
        parts.Routes.Broken = "user:alice";
        await parts.JoinLiveAsync();
        await parts.AdvanceUntilAsync(() => parts.Routes.Refused >= 4, "pauses have grown");

        parts.Routes.Broken = null;
        parts.Routes.LoseAll();
        parts.Time.Advance(Notices);

        await Eventually.BecomesTrueAsync(() => parts.Routes.Routes.SequenceEqual(["all", "user:alice"]), "all is written");
    }

    [Test]
    public async Task Refresh_WritesEachRouteInItsTime_EvenlySpread_AndComparesWithTheStore()
    {
        await using var parts = new PushParts(configure: static o => o.RouteRefresh = TimeSpan.FromSeconds(100));
        RecordingConnection connection = await parts.JoinLiveAsync();
        for (int i = 0; i < 98; i++)
            await parts.HoldAsync(Channel.User($"u{i}"));
        RouteRefresh refresh = parts.Get<RouteRefresh>();

        var seen = new HashSet<ChannelFeed>();
        int most = 0;
        for (int second = 0; second < 100; second++)
        {
            parts.Time.Advance(TimeSpan.FromSeconds(1));
            List<ChannelFeed> due = refresh.Take();
            seen.UnionWith(due);
            most = Math.Max(most, due.Count);
        }

        Assert.That(seen, Has.Count.EqualTo(100), "every channel had its turn");
        Assert.That(most, Is.LessThanOrEqualTo(2), "a hundred in a hundred seconds, and a quarter more");

        await parts.StartAsync<RouteKeeper>();
        parts.Store.Store(Alice);
        int written = parts.Routes.Operations.Length;
        await parts.AdvanceUntilAsync(() => connection.Written.Count == 1, "the refresh finds what no dispatch brought", TimeSpan.FromSeconds(1));
        Assert.That(parts.Routes.Operations, Has.Length.GreaterThan(written));
    }

    [Test]
    public async Task Refresh_AfterThePauseOfAStoppedProcess_IsNoBurst()
    {
        await using var parts = new PushParts(configure: static o => o.RouteRefresh = TimeSpan.FromSeconds(100));
        for (int i = 0; i < 100; i++)
            await parts.HoldAsync(Channel.User($"u{i}"));
        RouteRefresh refresh = parts.Get<RouteRefresh>();

        parts.Time.Advance(TimeSpan.FromHours(1));

        Assert.That(refresh.Take(), Has.Count.LessThanOrEqualTo(3));
    }

    [Test]
    public async Task MessageForAChannelThatIsNotHeld_HasItsRouteRemoved()
    {
        await using var parts = new PushParts();
        await parts.HoldAsync(Channel.User("bob"));
        parts.Routes.Leave(Alice);
        await parts.StartAsync<RouteKeeper>();

        await parts.DeliverAsync(ScriptedStore.Stored(Alice, 1), ScriptedStore.Stored(Alice, 2));
        parts.Time.Advance(Notices);

        await Eventually.BecomesTrueAsync(() => parts.Routes.Routes.SequenceEqual(["user:bob"]), "the stray route is removed");
        Assert.That(parts.Routes.Operations.Count(static o => o == "-user:alice"), Is.EqualTo(1));
    }

    [Test]
    public async Task StrayRoute_OfAChannelThatIsHeldMeanwhile_Stays()
    {
        await using var parts = new PushParts();
        await parts.DeliverAsync(ScriptedStore.Stored(Alice, 1));

        await parts.HoldAsync();
        await parts.Channels.RemoveStraysAsync(10, CancellationToken.None);

        Assert.That(parts.Routes.Operations, Is.EqualTo(new[] { "+user:alice" }));
    }

    [Test]
    public async Task Hold_WhileAStrayRouteIsBeingRemoved_IsRoutedAfterwards()
    {
        await using var parts = new PushParts();
        await parts.DeliverAsync(ScriptedStore.Stored(Alice, 1));
        parts.Routes.RemoveGate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task removing = parts.Channels.RemoveStraysAsync(10, CancellationToken.None);
        await Eventually.BecomesTrueAsync(() => parts.Routes.UnderWay == 1, "the route is being removed");

        Task<ChannelFeed> holding = parts.HoldAsync();
        parts.Routes.RemoveGate.SetResult();
        await Task.WhenAll(removing, holding);

        Assert.That(parts.Routes.Operations, Is.EqualTo(new[] { "-user:alice", "+user:alice" }));
        Assert.That(parts.Routes.Overlapped, Is.False);
    }

    [Test]
    public async Task BroadcastOfADispatcherThatSeesNoTable_IsBounded()
    {
        await using var parts = new PushParts();

        for (int i = 0; i < 5000; i++)
            await parts.DeliverAsync(ScriptedStore.Stored(Channel.User($"u{i}"), 1));
        await parts.Channels.RemoveStraysAsync(int.MaxValue, CancellationToken.None);

        Assert.That(parts.Routes.Operations, Has.Length.EqualTo(512), "the rest is dropped");
        await parts.DeliverAsync(ScriptedStore.Stored(Alice, 1));
        await parts.Channels.RemoveStraysAsync(int.MaxValue, CancellationToken.None);
        Assert.That(parts.Routes.Operations, Has.Length.EqualTo(513), "and there is room again");
    }

    [TestCase(true, "local")]
    [TestCase(false, "10.0.0.1:8081")]
    public async Task StrayRoutes_OfANodeAlone_OrOfATableThatIsAway_AreLeft(bool reachable, string address)
    {
        await using var parts = new PushParts(address);
        parts.Routes.IsReachable = reachable;

        await parts.DeliverAsync(ScriptedStore.Stored(Alice, 1));
        parts.Routes.IsReachable = true;
        await parts.Channels.RemoveStraysAsync(10, CancellationToken.None);

        Assert.That(parts.Routes.Operations, Is.Empty);
    }
}
