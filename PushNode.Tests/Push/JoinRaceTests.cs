using PushNode.Cluster;
using PushNode.Push;
using PushNode.Tests.Support;

namespace PushNode.Tests.Push;

/// <summary>Disconnects and revocations that meet a client in the middle of its joining: none slips through.</summary>
internal sealed class JoinRaceTests
{
    [Test]
    public async Task Disconnect_WhileTheRouteIsBeingWritten_FindsTheClient()
    {
        await using var parts = new PushParts();
        await parts.StartAsync<RevocationWatch>();
        parts.Routes.AddGate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        (RecordingConnection connection, Task joined) = parts.Join();
        await Eventually.BecomesTrueAsync(() => parts.Routes.UnderWay == 1, "it takes hold");

        // The table may have it already, though its answer is on the way: whoever asks it is led here.
        int closed = (await parts.Hub.DisconnectAsync("alice", null, CancellationToken.None)).Known;
        parts.Routes.AddGate.SetResult();
        await joined;

        Assert.That(closed, Is.EqualTo(1));
        Assert.That(connection.ClosedWith, Is.EqualTo(CloseCode.Normal));
        Assert.That(connection.Subscriptions.ToArray().Select(s => s.State), Is.All.EqualTo(SubscriptionState.Joining), "it goes no further");
        Assert.That(connection.Frames, Is.Empty);
    }

    [Test]
    public async Task Disconnect_WhileTheStoreIsBeingRead_FindsTheClient()
    {
        await using var parts = new PushParts();
        await parts.StartAsync<RevocationWatch>();
        parts.Store.HeadGate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        (RecordingConnection connection, Task joined) = parts.Join();
        await Eventually.BecomesTrueAsync(() => parts.Store.HeadReads == 1, "it reads the store");

        int closed = (await parts.Hub.DisconnectAsync("alice", null, CancellationToken.None)).Known;
        parts.Store.HeadGate.SetResult();
        await joined;

        Assert.That(closed, Is.EqualTo(1));
        Assert.That(connection.ClosedWith, Is.EqualTo(CloseCode.Normal));
    }

    [Test]
    public async Task Revocation_ToldWhileTheClientJoins_ClosesIt()
    {
        await using var parts = new PushParts();
        await parts.StartAsync<RevocationWatch>();
        await Eventually.BecomesTrueAsync(() => parts.Store.Loads == 1, "the revocations are loaded");
        parts.Store.HeadGate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        (RecordingConnection connection, Task joined) = parts.Join();
        await Eventually.BecomesTrueAsync(() => parts.Store.HeadReads == 1, "it has asked for revocations");

        await parts.Hub.RevokeAsync("alice", 1, CancellationToken.None);
        parts.Store.HeadGate.SetResult();
        await joined;

        Assert.That(connection.ClosedWith, Is.EqualTo(CloseCode.Unauthorized));
    }

    [Test]
    public async Task Revocation_ThatThisNodeWasNotTold_IsFoundInTheCopy_AndClosesTheOthersToo()
    {
        await using var parts = new PushParts();
        await parts.StartAsync<RevocationWatch>();
        RecordingConnection before = await parts.JoinLiveAsync();
        parts.Copy.Before = 1;

        (RecordingConnection connection, Task joined) = parts.Join();
        await joined;

        Assert.That(connection.ClosedWith, Is.EqualTo(CloseCode.Unauthorized));
        Assert.That(before.ClosedWith, Is.EqualTo(CloseCode.Unauthorized));
    }

    [Test]
    public async Task Revocation_ToldWhileTheCopyAnswersThatThereIsNone_ClosesTheClient()
    {
        await using var parts = new PushParts();
        await parts.StartAsync<RevocationWatch>();
        await Eventually.BecomesTrueAsync(() => parts.Store.Loads == 1, "the revocations are loaded");
        parts.Copy.Gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        (RecordingConnection connection, Task joined) = parts.Join();
        await Eventually.BecomesTrueAsync(() => parts.Copy.Asked == 1, "it asks the copy");

        await parts.Get<Revocations>().RevokeAsync("alice", CancellationToken.None);
        parts.Copy.Gate.SetResult();
        await joined;

        Assert.That(connection.ClosedWith, Is.EqualTo(CloseCode.Unauthorized));
    }

    [TestCase("10.0.0.1:8081")]
    [TestCase("local")]
    public async Task StoreAwayAtTheStart_TheNodeStarts_AndJoinsWaitForTheRevocations(string address)
    {
        await using var parts = new PushParts(address);
        parts.Store.IsAway = true;
        parts.Store.Revoke("alice", 1);
        await parts.StartAsync<RevocationWatch>();
        (RecordingConnection revoked, Task refused) = parts.Join();
        (RecordingConnection other, Task joined) = parts.Join("bob");
        await parts.AdvanceUntilAsync(() => parts.Store.Loads >= 3, "the store is asked again");
        Assert.That((refused.IsCompleted, joined.IsCompleted), Is.EqualTo((false, false)));

        parts.Store.IsAway = false;
        await parts.AdvanceUntilAsync(() => refused.IsCompleted && joined.IsCompleted, "both go on");

        Assert.That(revoked.ClosedWith, Is.EqualTo(CloseCode.Unauthorized));
        Assert.That(other.ClosedWith, Is.Null);
        Assert.That(other.Frames, Does.Contain("welcome"));
    }

    [Test]
    public async Task ClientThatLeavesWhileItWaitsForTheRevocations_IsLetGo()
    {
        await using var parts = new PushParts();
        parts.Store.IsAway = true;
        await parts.StartAsync<RevocationWatch>();
        (RecordingConnection connection, Task joined) = parts.Join();

        connection.Leave();
        await parts.AdvanceUntilAsync(() => joined.IsCompleted, "the join ends");
        await parts.LeaveAsync(connection);

        Assert.That(parts.Routes.Routes, Is.Empty);
    }

    [TestCase("generation")]
    [TestCase("requests")]
    [TestCase("refresh")]
    public async Task RevocationThatWasMissed_IsFoundInTheStore_WhenTheNodeMayHaveMissedIt(string sign)
    {
        await using var parts = new PushParts();
        await parts.StartAsync<RevocationWatch>();
        RecordingConnection connection = await parts.JoinLiveAsync();
        parts.Store.Revoke("alice", 1);
        await parts.AdvanceUntilAsync(() => parts.Time.GetUtcNow().Second >= 2, "time goes on");
        Assert.That(connection.ClosedWith, Is.Null, "nothing has told it yet");

        if (sign == "generation")
            parts.Routes.LoseAll();
        else if (sign == "requests")
            parts.Get<IReconcile>().Start();
        else
            parts.Time.Advance(TimeSpan.FromMinutes(5));

        await parts.AdvanceUntilAsync(() => connection.ClosedWith == CloseCode.Unauthorized, "its connection is closed");
    }
}
