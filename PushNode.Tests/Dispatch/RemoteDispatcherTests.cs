using System.Diagnostics;
using Microsoft.Extensions.Logging;
using PushNode.Dispatch.Remote;
using PushNode.Messages;
using PushNode.Peers;
using PushNode.Settings;
using PushNode.Tests.Support;

namespace PushNode.Tests.Dispatch;

internal sealed class RemoteDispatcherTests : IDisposable
{
    private readonly LinkParts parts = new();
    private readonly FixedPeers directory = new();
    private readonly RemoteDispatcher dispatcher;

    public RemoteDispatcherTests() =>
        dispatcher = new RemoteDispatcher(new PeerChoice(directory), parts.Client, parts.Options, TimeProvider.System, parts.Log.CreateLogger<RemoteDispatcher>());

    public void Dispose() => parts.Dispose();

    [Test]
    public async Task Batches_GoToOneNode_InOrder()
    {
        await using DispatchNodeDouble one = await DispatchNodeDouble.StartAsync(), two = await DispatchNodeDouble.StartAsync();
        directory.Set(one.Peer, two.Peer, Nobody(Roles.Push | Roles.Auth));

        for (int i = 0; i < 20; i++)
            await dispatcher.DispatchAsync(TestMessages.Stored((i * 10) + 1, (i + 1) * 10), CancellationToken.None);

        DispatchNodeDouble used = one.Brought.Delivered.Count > 0 ? one : two;
        Assert.That(used.Brought.Seqs, Is.EqualTo(Enumerable.Range(1, 200)));
        Assert.That(one.Brought.Delivered.Count + two.Brought.Delivered.Count, Is.EqualTo(200));
        Assert.That(used.Brought.Requests, Has.Count.EqualTo(20));
    }

    [Test]
    public async Task ALargeBatch_GoesInPieces()
    {
        await using DispatchNodeDouble node = await DispatchNodeDouble.StartAsync();
        directory.Set(node.Peer);

        await dispatcher.DispatchAsync([.. TestMessages.Stored(1, 4_500), .. TestMessages.Stored(4_501, 4_503, size: 900_000)], CancellationToken.None);

        Assert.That(node.Brought.Requests, Is.EqualTo(new[] { 2_000, 2_000, 501, 1, 1 }));
        Assert.That(node.Brought.Seqs, Is.EqualTo(Enumerable.Range(1, 4_503)));
    }

    [Test]
    public async Task Reports_ComeAfterTheBatchHasBeenTaken()
    {
        await using DispatchNodeDouble node = await DispatchNodeDouble.StartAsync();
        node.Brought.Connections = null;
        directory.Set(node.Peer);
        var report = new DeliveryReport(2);

        await dispatcher.DispatchAsync(TestMessages.Stored(1, 2, report), CancellationToken.None);
        Assert.That(report.Completed.IsCompleted, Is.False);
        foreach (Message message in node.Brought.Delivered)
        {
            message.Report!.Route(2);
            message.Report.Add(1);
            message.Report.Add(2);
        }

        Assert.That(await LinkParts.SettledAsync(report), Is.EqualTo(6));
    }

    [Test]
    public async Task AnotherNode_GoesOn_WhenOneFails()
    {
        await using DispatchNodeDouble one = await DispatchNodeDouble.StartAsync(), two = await DispatchNodeDouble.StartAsync();
        directory.Set(one.Peer, two.Peer);
        await dispatcher.DispatchAsync([TestMessages.Stored(1)], CancellationToken.None);
        (DispatchNodeDouble first, DispatchNodeDouble second) = one.Brought.Delivered.Count > 0 ? (one, two) : (two, one);

        first.Brought.Gate = new TaskCompletionSource();
        DeliveryReport stored = new(1), ephemeral = new(1);
        Task dispatching = dispatcher.DispatchAsync([TestMessages.Stored(2, stored), TestMessages.Ephemeral(ephemeral)], CancellationToken.None).AsTask();
        await LinkParts.ArrivesAsync(first.Brought, 3);
        first.Link.State = LinkState.Cut;
        await dispatching;

        Assert.That(await LinkParts.SettledAsync(stored), Is.EqualTo(1));
        Assert.That(await LinkParts.SettledAsync(ephemeral), Is.Zero);
        Assert.That(second.Brought.Seqs, Is.EqualTo(new[] { 2 }), "what is ephemeral may have arrived");
        await dispatcher.DispatchAsync([TestMessages.Ephemeral()], CancellationToken.None);
        first.Brought.Gate.SetResult();
        first.Link.State = LinkState.Open;
        await dispatcher.DispatchAsync([TestMessages.Stored(3)], CancellationToken.None);
        Assert.That(second.Brought.Seqs, Is.EqualTo(new[] { 2, 0, 3 }), "it keeps the one that works");
        Assert.That(parts.Log.At(LogLevel.Information), Has.Count.EqualTo(2).And.Some.Contains(second.Peer.Address));
    }

    [Test]
    public async Task ANodeThatRunsAnew_GoesOnDispatching()
    {
        await using DispatchNodeDouble node = await DispatchNodeDouble.StartAsync();
        directory.Set(node.Peer);
        node.Restart();

        await dispatcher.DispatchAsync([TestMessages.Ephemeral()], CancellationToken.None);

        Assert.That(node.Brought.Delivered, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task WhenNoneIsThere_TheBatchWaits_AndGoesWhenOneComes()
    {
        await using DispatchNodeDouble node = await DispatchNodeDouble.StartAsync();
        directory.Set(Nobody(Roles.Dispatch));

        Task dispatching = dispatcher.DispatchAsync([TestMessages.Stored(1), TestMessages.Ephemeral()], CancellationToken.None).AsTask();
        await Eventually.BecomesTrueAsync(() => parts.Log.At(LogLevel.Warning).Count > 0, "it is noticed");
        Assert.That(dispatching.IsCompleted, Is.False);
        directory.Set(Nobody(Roles.Dispatch), node.Peer);
        await dispatching.WaitAsync(LinkParts.Patience);

        Assert.That(node.Brought.Seqs, Is.EqualTo(new[] { 1, 0 }));
        Assert.That(parts.Log.At(LogLevel.Warning), Has.Count.EqualTo(1));
        Assert.That(parts.Log.At(LogLevel.Information), Has.One.Contains(node.Peer.Address));
    }

    [Test]
    public async Task WhenNoneComes_TheBatchIsLeftToTheStore_AndTheNextDoesNotWaitAgain()
    {
        parts.Options.MaxQueuedTime = TimeSpan.FromMilliseconds(500);
        await using DispatchNodeDouble node = await DispatchNodeDouble.StartAsync();
        DeliveryReport first = new(1), second = new(1);
        long start = Stopwatch.GetTimestamp();

        await dispatcher.DispatchAsync([TestMessages.Stored(1, first)], CancellationToken.None).AsTask().WaitAsync(LinkParts.Patience);
        TimeSpan waited = Stopwatch.GetElapsedTime(start);
        start = Stopwatch.GetTimestamp();
        await dispatcher.DispatchAsync([TestMessages.Stored(2, second)], CancellationToken.None);

        Assert.That(waited, Is.GreaterThanOrEqualTo(parts.Options.MaxQueuedTime));
        Assert.That(Stopwatch.GetElapsedTime(start), Is.LessThan(TimeSpan.FromMilliseconds(250)));
        Assert.That((await LinkParts.SettledAsync(first), await LinkParts.SettledAsync(second)), Is.EqualTo((0, 0)));
        directory.Set(node.Peer);
        await dispatcher.DispatchAsync([TestMessages.Stored(3)], CancellationToken.None);
        Assert.That(node.Brought.Seqs, Is.EqualTo(new[] { 3 }));
        Assert.That((parts.Log.At(LogLevel.Warning).Count, parts.Log.At(LogLevel.Information).Count), Is.EqualTo((1, 1)), "a line for each change");
    }

    [Test]
    public async Task ABatchThatIsCancelled_SettlesItsReports()
    {
        using var cancelled = new CancellationTokenSource();
        var report = new DeliveryReport(3_000);
        Task dispatching = dispatcher.DispatchAsync(TestMessages.Stored(1, 3_000, report), cancelled.Token).AsTask();
        await cancelled.CancelAsync();

        Assert.That(async () => await dispatching, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(await LinkParts.SettledAsync(report), Is.Zero);
    }

    [Test]
    public async Task WhatIsAsked_IsAnsweredByAnyNodeThatCan()
    {
        await using DispatchNodeDouble node = await DispatchNodeDouble.StartAsync();
        directory.Set(Nobody(Roles.Dispatch), node.Peer, Nobody(Roles.All));

        for (int i = 0; i < 3; i++)
        {
            Assert.That(await dispatcher.FindConnectionsAsync("alice", CancellationToken.None), Has.Count.EqualTo(2));
            Assert.That(await dispatcher.DisconnectAsync("alice", "phone", CancellationToken.None), Is.EqualTo(2));
            await dispatcher.AnnounceRevocationAsync("alice", 5, CancellationToken.None);
        }

        Assert.That(node.Brought.Asked.Take(3), Is.EqualTo(new[] { "find alice", "disconnect alice phone", "revoke alice 5" }));
    }

    [Test]
    public void WhatNobodyCanBeAsked_Throws([Values] bool some)
    {
        if (some)
            directory.Set(Nobody(Roles.Dispatch), Nobody(Roles.Dispatch));

        Assert.That(async () => await dispatcher.FindConnectionsAsync("alice", CancellationToken.None), Throws.TypeOf<PeerUnavailableException>());
        Assert.That(async () => await dispatcher.DisconnectAsync("alice", null, CancellationToken.None), Throws.TypeOf<PeerUnavailableException>());
        Assert.That(async () => await dispatcher.AnnounceRevocationAsync("alice", 5, CancellationToken.None), Throws.TypeOf<PeerUnavailableException>());
    }

    private static Peer Nobody(Roles roles) => new($"127.0.0.1:{Ports.Next()}", "x", roles, "", 0, false, false);
}
