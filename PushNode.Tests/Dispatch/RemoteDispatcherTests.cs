using System.Diagnostics;
using Microsoft.Extensions.Logging;
using PushNode.Dispatch.Remote;
using PushNode.Messages;
using PushNode.Peers;
using PushNode.Settings;
using PushNode.Tests.Support;

namespace PushNode.Tests.Dispatch;

internal sealed class RemoteDispatcherTests : IAsyncDisposable
{
    private readonly LinkParts parts = new();
    private readonly FixedPeers directory = new();
    private readonly RemoteDispatcher dispatcher;

    public RemoteDispatcherTests() =>
        dispatcher = new RemoteDispatcher(new PeerChoice(directory), parts.Client, parts.Options, parts.Metrics, TimeProvider.System, parts.Log.CreateLogger<RemoteDispatcher>());

    public async ValueTask DisposeAsync()
    {
        await dispatcher.DisposeAsync();
        parts.Dispose();
    }

    [Test]
    public async Task Batches_GoToOneNode_InOrder()
    {
        await using DispatchNodeDouble one = await DispatchNodeDouble.StartAsync(), two = await DispatchNodeDouble.StartAsync();
        directory.Set(one.Peer, two.Peer, Nobody(Roles.Push | Roles.Auth));

        for (int i = 0; i < 20; i++)
            await dispatcher.DispatchAsync(TestMessages.Stored((i * 10) + 1, (i + 1) * 10), CancellationToken.None);

        await ArriveAsync(200, one, two);
        DispatchNodeDouble used = one.Brought.Delivered.Count > 0 ? one : two;
        Assert.That(used.Brought.Seqs, Is.EqualTo(Enumerable.Range(1, 200)));
        Assert.That(one.Brought.Delivered.Count + two.Brought.Delivered.Count, Is.EqualTo(200));
    }

    [Test]
    public async Task ALargeBatch_GoesInPieces()
    {
        await using DispatchNodeDouble node = await DispatchNodeDouble.StartAsync();
        directory.Set(node.Peer);

        await dispatcher.DispatchAsync([.. TestMessages.Stored(1, 4_500), .. TestMessages.Stored(4_501, 4_503, size: 900_000)], CancellationToken.None);

        await ArriveAsync(4_503, node);
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
        await ArriveAsync(2, node);
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
        await ArriveAsync(1, one, two);
        (DispatchNodeDouble first, DispatchNodeDouble second) = one.Brought.Delivered.Count > 0 ? (one, two) : (two, one);

        first.Brought.Gate = new TaskCompletionSource();
        DeliveryReport stored = new(1), ephemeral = new(1);
        await dispatcher.DispatchAsync([TestMessages.Stored(2, stored), TestMessages.Ephemeral(ephemeral)], CancellationToken.None);
        await LinkParts.ArrivesAsync(first.Brought, 3);
        first.Link.State = LinkState.Cut;

        Assert.That(await LinkParts.SettledAsync(stored), Is.EqualTo(1));
        Assert.That(await LinkParts.SettledAsync(ephemeral), Is.Zero);
        Assert.That(second.Brought.Seqs, Is.EqualTo(new[] { 2 }), "what is ephemeral may have arrived");
        await dispatcher.DispatchAsync([TestMessages.Ephemeral()], CancellationToken.None);
        await ArriveAsync(2, second);
        first.Brought.Gate.SetResult();
        first.Link.State = LinkState.Open;
        await dispatcher.DispatchAsync([TestMessages.Stored(3)], CancellationToken.None);
        await ArriveAsync(3, second);
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

        await ArriveAsync(1, node);
    }

    [Test]
    public async Task WhenNoneIsThere_MessagesWait_AndGoInOrderWhenOneComes()
    {
        await using DispatchNodeDouble node = await DispatchNodeDouble.StartAsync();
        directory.Set(Nobody(Roles.Dispatch));

        await DispatchPromptlyAsync(TestMessages.Stored(1), TestMessages.Ephemeral());
        await Eventually.BecomesTrueAsync(() => parts.Log.At(LogLevel.Warning).Count > 0, "it is noticed");
        await DispatchPromptlyAsync(TestMessages.Stored(2, 5_000));
        directory.Set(Nobody(Roles.Dispatch), node.Peer);
        await ArriveAsync(5_001, node);

        Assert.That(node.Brought.Seqs, Is.EqualTo(new[] { 1, 0 }.Concat(Enumerable.Range(2, 4_999))));
        Assert.That(parts.Log.At(LogLevel.Warning), Has.Count.EqualTo(1));
        Assert.That(parts.Log.At(LogLevel.Information), Has.One.Contains(node.Peer.Address));
    }

    [Test]
    public async Task WhenNoneComes_MessagesAreLeftToTheStore()
    {
        parts.Options.MaxQueuedTime = TimeSpan.FromMilliseconds(500);
        await using DispatchNodeDouble node = await DispatchNodeDouble.StartAsync();
        DeliveryReport stored = new(1), ephemeral = new(1);
        long start = Stopwatch.GetTimestamp();

        await DispatchPromptlyAsync(TestMessages.Stored(1, stored), TestMessages.Ephemeral(ephemeral));
        Assert.That((await LinkParts.SettledAsync(stored), await LinkParts.SettledAsync(ephemeral)), Is.EqualTo((0, 0)));
        Assert.That(Stopwatch.GetElapsedTime(start), Is.GreaterThanOrEqualTo(parts.Options.MaxQueuedTime));
        directory.Set(node.Peer);
        await DispatchPromptlyAsync(TestMessages.Stored(3));
        await ArriveAsync(1, node);

        Assert.That(node.Brought.Seqs, Is.EqualTo(new[] { 3 }));
        Assert.That(parts.Log.At(LogLevel.Warning), Has.Count.EqualTo(1));
        await Eventually.BecomesTrueAsync(
            () => parts.Log.At(LogLevel.Information).SequenceEqual([$"The node {node.Peer.Address} dispatches; 1 messages were left to the store before"]), "a line tells what was dropped");
    }

    [Test]
    public async Task AllThatHang_HoldUpNobodyForLong_AndWhatPassesTheBoundIsLeftToTheStore()
    {
        parts.Options.MaxQueuedMessages = 100;
        await using DispatchNodeDouble node = await DispatchNodeDouble.StartAsync();
        node.Link.State = LinkState.Silent;
        directory.Set(node.Peer);
        var report = new DeliveryReport(200);
        long start = Stopwatch.GetTimestamp();

        // At most 100 are under way and 100 wait.
        for (int seq = 1; seq <= 200; seq++)
            await dispatcher.DispatchAsync([TestMessages.Stored(seq)], CancellationToken.None);
        for (int seq = 201; seq <= 400; seq++)
            await dispatcher.DispatchAsync([TestMessages.Stored(seq, report)], CancellationToken.None);

        Assert.That(Stopwatch.GetElapsedTime(start), Is.LessThan(TimeSpan.FromSeconds(1.5)), "it hesitates once");
        Assert.That(await LinkParts.SettledAsync(report), Is.Zero);
        Assert.That(parts.Log.At(LogLevel.Warning), Has.One.Contains("left to the store, where"));
        node.Link.State = LinkState.Open;
        await ArriveAsync(100, node);
        Assert.That(node.Brought.Seqs, Is.Ordered.Ascending.And.All.LessThanOrEqualTo(200));
    }

    [Test]
    public async Task ANodeThatIsMerelySlow_HoldsProducersBack_AndIsBroughtAll()
    {
        parts.Options.MaxQueuedMessages = 100;
        await using DispatchNodeDouble node = await DispatchNodeDouble.StartAsync();
        directory.Set(node.Peer);
        node.Link.Delay = TimeSpan.FromMilliseconds(20);

        await dispatcher.DispatchAsync(TestMessages.Stored(1, 1_000), CancellationToken.None);
        for (int seq = 1_001; seq <= 1_500; seq++)
            await dispatcher.DispatchAsync([TestMessages.Stored(seq)], CancellationToken.None);

        await ArriveAsync(1_500, node);
        Assert.That(node.Brought.Seqs, Is.EqualTo(Enumerable.Range(1, 1_500)));
        Assert.That(parts.Log.At(LogLevel.Warning), Is.Empty);
    }

    [Test]
    public async Task TheEndOfTheNode_BringsWhatWaits()
    {
        await using DispatchNodeDouble node = await DispatchNodeDouble.StartAsync();
        directory.Set(node.Peer);
        await dispatcher.DispatchAsync(TestMessages.Stored(1, 9_000), CancellationToken.None);

        await dispatcher.StoppedAsync(CancellationToken.None);

        Assert.That(node.Brought.Delivered, Has.Count.EqualTo(9_000));
    }

    [Test]
    public async Task TheEndOfTheNode_WithNobodyToBringAnythingTo_SettlesTheReports([Values] bool isCancelled)
    {
        var report = new DeliveryReport(3_000);
        await DispatchPromptlyAsync(TestMessages.Stored(1, 3_000, report));

        if (isCancelled)
            await dispatcher.DisposeAsync();
        else
            await dispatcher.StoppedAsync(CancellationToken.None).WaitAsync(LinkParts.Patience);

        Assert.That(await LinkParts.SettledAsync(report), Is.Zero);
        var late = new DeliveryReport(1);
        await DispatchPromptlyAsync(TestMessages.Stored(3_001, late));
        Assert.That(await LinkParts.SettledAsync(late), Is.Zero);
    }

    [Test]
    public async Task WhatIsAsked_IsAnsweredByAnyNodeThatCan()
    {
        await using DispatchNodeDouble node = await DispatchNodeDouble.StartAsync();
        node.Brought.Unanswered = ["10.0.0.7:8081", "redis"];
        directory.Set(Nobody(Roles.Dispatch), node.Peer, Nobody(Roles.All));

        for (int i = 0; i < 3; i++)
        {
            NodeAnswers<IReadOnlyList<ConnectionDetails>> found = await dispatcher.FindConnectionsAsync("alice", CancellationToken.None);
            NodeAnswers<int> closed = await dispatcher.DisconnectAsync("alice", "phone", CancellationToken.None);
            IReadOnlyList<string> untold = await dispatcher.AnnounceRevocationAsync("alice", 5, CancellationToken.None);
            Assert.That((found.Known.Count, closed.Known), Is.EqualTo((2, 2)));
            Assert.That(new[] { found.Unanswered, closed.Unanswered, untold }, Is.All.EqualTo(node.Brought.Unanswered), "it passes on who did not answer");
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
    }

    [Test]
    public async Task ARevocationThatNobodyCanBeTold_IsToldAsSoonAsThatCanBeDone()
    {
        await using DispatchNodeDouble node = await DispatchNodeDouble.StartAsync();
        node.Link.State = LinkState.Cut;
        directory.Set(node.Peer);

        IReadOnlyList<string> untold = await dispatcher.AnnounceRevocationAsync("alice", 5, CancellationToken.None);
        Assert.That((untold.Single(), node.Brought.Asked.Count), Is.EqualTo(("dispatch", 0)));
        node.Link.State = LinkState.Open;

        await Eventually.BecomesTrueAsync(() => node.Brought.Asked.Contains("revoke alice 5"), "it is told");
        Assert.That(parts.Log.At(LogLevel.Warning), Has.One.Contains("dispatch nodes"));
        await Eventually.BecomesTrueAsync(() => parts.Log.At(LogLevel.Information).Any(l => l.StartsWith("Every revocation has been told", StringComparison.Ordinal)), "that is said");
    }

    private async Task DispatchPromptlyAsync(params Message[] batch)
    {
        long start = Stopwatch.GetTimestamp();
        await dispatcher.DispatchAsync(batch, CancellationToken.None);
        Assert.That(Stopwatch.GetElapsedTime(start), Is.LessThan(TimeSpan.FromMilliseconds(250)), "nobody waits for the nodes");
    }

    private static Task ArriveAsync(int messages, params DispatchNodeDouble[] nodes) =>
        Eventually.BecomesTrueAsync(() => nodes.Sum(static n => n.Brought.Delivered.Count) >= messages, $"{messages} messages arrive");

    private static Peer Nobody(Roles roles) => new($"127.0.0.1:{Ports.Next()}", "x", roles, "", 0, false, false);
}
