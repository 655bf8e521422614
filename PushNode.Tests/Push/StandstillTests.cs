using PushNode.Messages;
using PushNode.Peers;
using PushNode.Push;
using PushNode.Tests.Support;

namespace PushNode.Tests.Push;

/// <summary>A push node that was suspended, or out of the others' sight: nothing is written to whom was revoked meanwhile.</summary>
internal sealed class StandstillTests
{
    private static readonly Channel Alice = Channel.User("alice");

    private readonly PushParts parts = new();

    [SetUp]
    public Task StartAsync() => parts.StartAsync<RevocationWatch>();

    [TearDown]
    public ValueTask EndAsync() => parts.DisposeAsync();

    [Test]
    public async Task MessageBrought_BeforeTheRevocationsAreLoadedAgain_IsNotWritten([Values] bool isRenewed)
    {
        RecordingConnection revoked = await parts.JoinLiveAsync(), other = await parts.JoinLiveAsync("bob");
        parts.Store.Revoke("alice", 1);
        StandStill(isRenewed);

        await parts.DeliverAsync(parts.Store.Store(Alice), parts.Store.Store(Channel.User("bob")));

        Assert.That((revoked.ClosedWith, revoked.Written), Is.EqualTo((CloseCode.Unauthorized, Array.Empty<long>())));
        Assert.That((other.ClosedWith, other.Written), Is.EqualTo(((CloseCode?)null, new[] { 1L })));
    }

    [Test]
    public async Task MessageOfAGap_BeforeTheRevocationsAreLoadedAgain_IsNotWritten([Values] bool isRenewed)
    {
        RecordingConnection revoked = await parts.JoinLiveAsync(), other = await parts.JoinLiveAsync("bob");
        parts.Store.Revoke("alice", 1);
        parts.Store.Store(Alice);
        parts.Store.Store(Channel.User("bob"));
        StandStill(isRenewed);

        await parts.Get<HeadComparison>().CompareAllAsync(withStore: true, CancellationToken.None);

        await parts.AdvanceUntilAsync(() => other.Written.Count == 1 && revoked.ClosedWith is not null, "the gap is filled", TimeSpan.FromMilliseconds(10));
        Assert.That((revoked.ClosedWith, revoked.Written), Is.EqualTo((CloseCode.Unauthorized, Array.Empty<long>())));
    }

    [Test]
    public async Task MessageOfAReplay_BeforeTheRevocationsAreLoadedAgain_IsNotWritten([Values] bool isRenewed)
    {
        parts.Store.Store(Alice);
        var gate = parts.Store.HeadGate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        (RecordingConnection revoked, Task joined) = parts.Join();
        await Eventually.BecomesTrueAsync(() => parts.Store.HeadReads == 1, "it has asked for revocations");
        parts.Store.Revoke("alice", 1);
        StandStill(isRenewed);

        gate.SetResult();
        await joined;

        await Eventually.BecomesTrueAsync(() => revoked.ClosedWith == CloseCode.Unauthorized, "it is closed");
        Assert.That(revoked.Written, Is.Empty);
    }

    [Test]
    public async Task StoreAwayAfterAStandstill_HoldsMessagesUpForABoundedTime_AndIsAskedUntilItAnswers()
    {
        RecordingConnection connection = await parts.JoinLiveAsync();
        parts.Store.IsAway = true;
        parts.Store.Revoke("alice", 1);
        StandStill(isRenewed: false);
        DateTimeOffset before = parts.Time.GetUtcNow();

        Task delivered = parts.DeliverAsync(ScriptedStore.Stored(Alice, 1)).AsTask();
        Assert.That(delivered.IsCompleted, Is.False);
        await parts.AdvanceUntilAsync(() => delivered.IsCompleted, "it goes on");

        Assert.That(connection.Written, Is.EqualTo(new[] { 1L }));
        Assert.That(parts.Time.GetUtcNow() - before, Is.GreaterThan(TimeSpan.FromSeconds(1)));
        parts.Store.IsAway = false;
        await parts.AdvanceUntilAsync(() => connection.ClosedWith == CloseCode.Unauthorized, "its connection is closed");
    }

    private void StandStill(bool isRenewed)
    {
        if (isRenewed)
            parts.Get<Node>().Renew();
        else
            parts.Time.StandStill(TimeSpan.FromSeconds(12));
    }
}
