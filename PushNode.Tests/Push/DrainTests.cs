using PushNode.Push;
using PushNode.Settings;
using PushNode.Tests.Support;

namespace PushNode.Tests.Push;

/// <summary>Sending the clients away: evenly over the window, no longer than there are any.</summary>
internal sealed class DrainTests
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    [Test]
    public async Task Drain_SpreadsItsClientsOverTheWindow()
    {
        await using PushParts parts = Parts(6);
        RecordingConnection[] all = Connect(parts, 60);

        Task draining = parts.Get<Drain>().DrainAsync(CancellationToken.None);
        for (int second = 1; second <= 6; second++)
        {
            await StepAsync(parts, TimeSpan.FromSeconds(1));
            int gone = all.Count(static c => c.IsClosed);
            Assert.That(gone, Is.InRange(10 * second, (10 * second) + 1), $"after {second} s");
        }

        Assert.That(all.Select(static c => c.ClosedWith), Is.All.EqualTo(CloseCode.Draining));
        Assert.That(all.SelectMany(static c => c.Frames), Is.All.EqualTo("reconnect"));
        Assert.That(draining.IsCompleted, Is.False, "they have not left yet");
        foreach (RecordingConnection connection in all)
            parts.Get<ConnectionList>().Remove(connection);
        await parts.AdvanceUntilAsync(() => draining.IsCompleted, "the drain ends");
    }

    [Test]
    public async Task Drain_WhenClientsLeaveByThemselves_IsShorter()
    {
        await using PushParts parts = Parts(6);
        RecordingConnection[] all = Connect(parts, 60);
        _ = parts.Get<Drain>().DrainAsync(CancellationToken.None);
        await StepAsync(parts, TimeSpan.FromSeconds(1));

        foreach (RecordingConnection connection in all.Where(static (_, i) => i % 2 == 0))
            connection.Leave();
        await StepAsync(parts, TimeSpan.FromSeconds(3));

        Assert.That(all.Select(static c => c.IsClosed), Is.All.True);
    }

    [Test]
    public async Task Drain_WhenAllHaveLeft_IsOver_WhoeverWouldHaveHadTheNextTurn()
    {
        await using PushParts parts = Parts(30);
        RecordingConnection[] all = Connect(parts, 2);
        Task draining = parts.Get<Drain>().DrainAsync(CancellationToken.None);
        await StepAsync(parts, TimeSpan.FromSeconds(1));
        Assert.That(all.Select(static c => c.IsClosed), Is.EqualTo(new[] { true, false }));

        foreach (RecordingConnection connection in all)
        {
            connection.Leave();
            parts.Get<ConnectionList>().Remove(connection);
        }

        var time = parts.Get<TimeProvider>();
        long left = time.GetTimestamp();
        await parts.AdvanceUntilAsync(() => draining.IsCompleted, "the drain ends");
        Assert.That(time.GetElapsedTime(left), Is.LessThan(TimeSpan.FromSeconds(5)), "the second one's turn would have been after 15 s");
    }

    [Test]
    public async Task Drain_OfAnEmptyNode_EndsAtOnce_AndItIsNotReady()
    {
        await using PushParts parts = Parts(30);
        ConnectionList connections = parts.Get<ConnectionList>();
        var node = parts.Get<PushNode.Peers.Node>();
        Assert.That(new PushNode.Peers.NodeReadiness(node).Reason, Is.Null);

        Task draining = parts.Get<Drain>().DrainAsync(CancellationToken.None);

        Assert.That(connections.TryEnter(null), Is.EqualTo(ConnectionRoom.Stopping));
        Assert.That(new PushNode.Peers.NodeReadiness(node).Reason, Is.EqualTo("draining"));
        await Eventually.BecomesTrueAsync(() => draining.IsCompleted, "the drain ends");
    }

    [Test]
    public async Task Drain_AskedForTwice_IsOne_AndCancellingEndsTheWaitingOnly()
    {
        await using PushParts parts = Parts(1);
        RecordingConnection connection = Connect(parts, 2)[1];
        using var patience = new CancellationTokenSource();

        Task first = parts.Get<Drain>().DrainAsync(patience.Token);
        Task second = parts.Get<Drain>().DrainAsync(CancellationToken.None);
        await patience.CancelAsync();
        await Assert.ThrowsAsync<TaskCanceledException>(() => first);

        await parts.AdvanceUntilAsync(() => connection.IsClosed, "the other wait goes on");
        await parts.AdvanceUntilAsync(() => second.IsCompleted, "clients that do not go are not waited for without end");
        Assert.That(connection.Frames, Is.EqualTo(new[] { "reconnect" }));
    }

    [Test]
    public async Task Drain_WaitsForTheProofOfWhatAClientWasSent_ButNotLong()
    {
        await using PushParts parts = Parts(1);
        RecordingConnection[] all = Connect(parts, 2);
        foreach (RecordingConnection connection in all)
            connection.SetUnproved(true);

        Task draining = parts.Get<Drain>().DrainAsync(CancellationToken.None);
        await StepAsync(parts, TimeSpan.FromSeconds(1));
        Assert.That(all.Select(static c => (c.IsLeaving, c.IsClosed)), Is.All.EqualTo((true, false)), "their heartbeats are to send a ping");
        all[0].SetUnproved(false);
        await StepAsync(parts, Step);
        Assert.That(all.Select(static c => c.IsClosed), Is.EqualTo(new[] { true, false }));
        await StepAsync(parts, TimeSpan.FromSeconds(2));

        Assert.That(all[1].IsClosed, Is.True);
        await parts.AdvanceUntilAsync(() => draining.IsCompleted, "the drain ends");
    }

    [Test]
    public async Task Drain_WithoutAWindow_ClosesAllAtOnceWith1001()
    {
        await using var parts = new PushParts("local");
        RecordingConnection[] all = Connect(parts, 10);

        _ = parts.Get<Drain>().DrainAsync(CancellationToken.None);

        await Eventually.BecomesTrueAsync(() => all.All(static c => c.ClosedWith == CloseCode.GoingAway), "all are closed");
        Assert.That(all.SelectMany(static c => c.Frames), Is.Empty);
    }

    [Test]
    public async Task Stopping_WithoutTheTimeForIt_SendsAllAwayAtOnce()
    {
        await using PushParts parts = Parts(30);
        RecordingConnection[] all = Connect(parts, 60);
        using var over = new CancellationTokenSource();
        await over.CancelAsync();

        await new Farewell(parts.Get<Drain>()).StoppingAsync(over.Token);

        Assert.That(all.Select(static c => c.ClosedWith), Is.All.EqualTo(CloseCode.Draining));
    }

    [TestCase(null, false, 0)]
    [TestCase(null, true, 30)]
    [TestCase(5, false, 5)]
    [TestCase(0, true, 0)]
    public void Window_DependsOnTheCluster_UnlessItIsSet(int? seconds, bool isClustered, int expected)
    {
        var options = new DrainOptions { Window = seconds is { } set ? TimeSpan.FromSeconds(set) : null };

        Assert.That(options.WindowOf(isClustered), Is.EqualTo(TimeSpan.FromSeconds(expected)));
        Assert.That(options.Check(), Is.Empty);
    }

    [TestCase(-1)]
    [TestCase(3601)]
    public void Window_OutsideItsBounds_IsRefused(int seconds)
    {
        SettingError error = new DrainOptions { Window = TimeSpan.FromSeconds(seconds) }.Check().Single();

        Assert.That(error.Key, Is.EqualTo("Drain:Window"));
    }

    private static PushParts Parts(int seconds) => new(drain: new DrainOptions { Window = TimeSpan.FromSeconds(seconds) });

    private static RecordingConnection[] Connect(PushParts parts, int count) => [.. Enumerable.Range(0, count).Select(_ => parts.Connect())];

    // One tick at a time: the next one only when the drain waits again.
    private static async Task StepAsync(PushParts parts, TimeSpan by)
    {
        for (TimeSpan moved = TimeSpan.Zero; moved < by; moved += Step)
        {
            await Eventually.BecomesTrueAsync(() => parts.Time.Timers == 1, "the drain waits");
            parts.Time.Advance(Step);
        }

        await Eventually.BecomesTrueAsync(() => parts.Time.Timers == 1, "the drain waits");
    }
}
