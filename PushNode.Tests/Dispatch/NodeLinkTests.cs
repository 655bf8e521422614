using System.Diagnostics;
using Microsoft.Extensions.Logging;
using PushNode.Dispatch.Remote;
using PushNode.Messages;
using PushNode.Peers;
using PushNode.Settings;
using PushNode.Tests.Support;

namespace PushNode.Tests.Dispatch;

internal sealed class NodeLinkTests : IDisposable
{
    private readonly LinkParts parts = new();

    public void Dispose() => parts.Dispose();

    [Test]
    public async Task Messages_ArriveInOrder_AsTheyWereBuilt()
    {
        await using PushNodeDouble node = await PushNodeDouble.StartAsync();
        await using var link = new NodeLink(node.Peer, parts.Services);
        Message[] messages = [.. TestMessages.Stored(1, 5_000), TestMessages.Ephemeral()];

        foreach (Message message in messages)
            await link.DeliverAsync([message], CancellationToken.None);
        await LinkParts.ArrivesAsync(node.Delivery, messages.Length);

        Assert.That(node.Delivery.Seqs, Is.EqualTo(messages.Select(static m => m.Seq)));
        Assert.That(node.Delivery.Delivered.Zip(messages).All(static pair => pair.First.Frame.Span.SequenceEqual(pair.Second.Frame.Span)));
        Assert.That(node.Delivery.Reconciled, Is.Zero);
    }

    [Test]
    public async Task WhatGathersWhileARequestIsUnderWay_IsTheNextRequest()
    {
        await using PushNodeDouble node = await PushNodeDouble.StartAsync();
        node.Delivery.Gate = new TaskCompletionSource();
        await using var link = new NodeLink(node.Peer, parts.Services);

        await link.DeliverAsync(TestMessages.Stored(1, 1), CancellationToken.None);
        await LinkParts.ArrivesAsync(node.Delivery, 1);
        for (int seq = 2; seq <= 5_001; seq++)
            await link.DeliverAsync(TestMessages.Stored(seq, seq), CancellationToken.None);
        node.Delivery.Gate.SetResult();
        await LinkParts.ArrivesAsync(node.Delivery, 5_001);

        Assert.That(node.Delivery.Requests, Is.EqualTo(new[] { 1, 2_000, 2_000, 1_000 }));
    }

    [Test]
    public async Task LargeMessages_AreBroughtAFewAtATime()
    {
        await using PushNodeDouble node = await PushNodeDouble.StartAsync();
        node.Delivery.Gate = new TaskCompletionSource();
        await using var link = new NodeLink(node.Peer, parts.Services);

        await link.DeliverAsync(TestMessages.Stored(1, 1), CancellationToken.None);
        await LinkParts.ArrivesAsync(node.Delivery, 1);
        await link.DeliverAsync([.. TestMessages.Stored(2, 5, size: 400_000), TestMessages.Stored(6, size: 5_000_000), TestMessages.Stored(7)], CancellationToken.None);
        node.Delivery.Gate.SetResult();
        await LinkParts.ArrivesAsync(node.Delivery, 7);

        Assert.That(node.Delivery.Requests, Is.EqualTo(new[] { 1, 2, 2, 1, 1 }));
    }

    [Test]
    public async Task ANodeThatWasAway_GetsWhatWaited_InOrder()
    {
        await using PushNodeDouble node = await PushNodeDouble.StartAsync();
        await using var link = new NodeLink(node.Peer, parts.Services);
        var report = new DeliveryReport(300);
        node.Link.State = LinkState.Cut;

        for (int seq = 1; seq <= 300; seq++)
            await link.DeliverAsync([TestMessages.Stored(seq, report)], CancellationToken.None);
        await Eventually.BecomesTrueAsync(() => parts.Log.At(LogLevel.Warning).Count > 0, "it is noticed");
        node.Link.State = LinkState.Open;

        Assert.That(await LinkParts.SettledAsync(report), Is.EqualTo(300));
        Assert.That(node.Delivery.Seqs, Is.EqualTo(Enumerable.Range(1, 300)));
        Assert.That(parts.Log.At(LogLevel.Warning), Has.One.Contains(node.Peer.Address));
        Assert.That(parts.Log.At(LogLevel.Information), Has.One.Contains(node.Peer.Address));
        Assert.That(node.Delivery.Reconciled, Is.Zero, "nothing was dropped");
    }

    [Test]
    public async Task WhatMayHaveArrived_IsRepeated_UnlessItIsEphemeral()
    {
        await using PushNodeDouble node = await PushNodeDouble.StartAsync();
        node.Delivery.Gate = new TaskCompletionSource();
        await using var link = new NodeLink(node.Peer, parts.Services);
        DeliveryReport stored = new(1), ephemeral = new(1);

        await link.DeliverAsync([TestMessages.Stored(1, stored), TestMessages.Ephemeral(ephemeral), TestMessages.Stored(2)], CancellationToken.None);
        await LinkParts.ArrivesAsync(node.Delivery, 3);
        node.Link.State = LinkState.Cut;
        Assert.That(await LinkParts.SettledAsync(ephemeral), Is.Zero);
        Assert.That(stored.Completed.IsCompleted, Is.False);
        node.Delivery.Gate.SetResult();
        node.Link.State = LinkState.Open;

        Assert.That(await LinkParts.SettledAsync(stored), Is.EqualTo(1));
        Assert.That(node.Delivery.Seqs, Is.EqualTo(new[] { 1, 0, 2, 1, 2 }));
        Assert.That(node.Delivery.Reconciled, Is.Zero, "what was dropped is not in the store");
    }

    [Test]
    public async Task AnEphemeralMessageThatCannotHaveArrived_IsTriedAgain()
    {
        int port = Ports.Next();
        await using var link = new NodeLink(new Peer($"127.0.0.1:{port}", "", Roles.Push, "", 0, false, false), parts.Services);
        var report = new DeliveryReport(1);

        await link.DeliverAsync([TestMessages.Ephemeral(report)], CancellationToken.None);
        await Eventually.BecomesTrueAsync(() => parts.Log.At(LogLevel.Warning).Count > 0, "it is noticed");
        await using PushNodeDouble node = await PushNodeDouble.StartAsync(port);

        Assert.That(await LinkParts.SettledAsync(report), Is.EqualTo(1));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task WhatFindsNoRoom_IsLeftToTheStore_AndTheNodeIsTold(bool inMessages)
    {
        parts.Options.Timeout = LinkParts.Patience;
        parts.Options.MaxQueuedMessages = inMessages ? 100 : 1_000_000;
        parts.Options.MaxQueuedBytes = inMessages ? 1_000_000_000 : 100 * TestMessageBytes();
        await using PushNodeDouble node = await PushNodeDouble.StartAsync();
        node.Delivery.Gate = new TaskCompletionSource();
        await using var link = new NodeLink(node.Peer, parts.Services);
        await link.DeliverAsync([TestMessages.Stored(1)], CancellationToken.None);
        await LinkParts.ArrivesAsync(node.Delivery, 1);

        DeliveryReport kept = new(100), dropped = new(1_000);
        await link.DeliverAsync([.. Enumerable.Range(2, 100).Select(_ => TestMessages.Stored(2, kept))], CancellationToken.None);
        await link.DeliverAsync([.. Enumerable.Range(2, 1_000).Select(_ => TestMessages.Stored(2, dropped))], CancellationToken.None);

        Assert.That(await LinkParts.SettledAsync(dropped), Is.Zero);
        Assert.That(kept.Completed.IsCompleted, Is.False);
        node.Delivery.Gate.SetResult();
        Assert.That(await LinkParts.SettledAsync(kept), Is.EqualTo(100));
        await link.DeliverAsync([TestMessages.Stored(3)], CancellationToken.None);
        await LinkParts.ArrivesAsync(node.Delivery, 102);
        Assert.That(node.Delivery.Delivered, Has.Count.EqualTo(102));
        Assert.That(node.Delivery.Reconciled, Is.EqualTo(1));
        Assert.That(link.Owes, Is.False);
    }

    [Test]
    public async Task ANodeAwayForTooLong_IsToldToLookIntoTheStore_AsSoonAsItIsBack()
    {
        parts.Options.MaxQueuedTime = TimeSpan.FromMilliseconds(200);
        await using PushNodeDouble node = await PushNodeDouble.StartAsync();
        await using var link = new NodeLink(node.Peer, parts.Services);
        node.Link.State = LinkState.Cut;
        var report = new DeliveryReport(20);

        await link.DeliverAsync(TestMessages.Stored(1, 20, report), CancellationToken.None);
        Assert.That(await LinkParts.SettledAsync(report), Is.Zero);
        Assert.That(link.Owes, Is.True);
        node.Link.State = LinkState.Open;

        await Eventually.BecomesTrueAsync(() => node.Delivery.Reconciled == 1, "it is told, though no message goes to it");
        await Eventually.BecomesTrueAsync(() => !link.Owes, "it has taken the hint");
        Assert.That(node.Delivery.Delivered, Is.Empty);
        await link.DeliverAsync([TestMessages.Stored(21)], CancellationToken.None);
        await LinkParts.ArrivesAsync(node.Delivery, 1);
        Assert.That(node.Delivery.Reconciled, Is.EqualTo(1));
    }

    [Test]
    public async Task ANodeToWhichNothingGoes_IsToldToLookIntoTheStore_EachTime()
    {
        await using PushNodeDouble node = await PushNodeDouble.StartAsync();
        await using var link = new NodeLink(node.Peer, parts.Services);

        for (int times = 1; times <= 3; times++)
        {
            link.Owe();
            await Eventually.BecomesTrueAsync(() => node.Delivery.Reconciled == times && !link.Owes, $"it is told {times} times");
        }
    }

    [Test]
    public async Task AnEphemeralMessageThatWaitsForTooLong_IsDropped()
    {
        parts.Options.MaxQueuedTime = TimeSpan.FromMilliseconds(200);
        await using var link = new NodeLink(new Peer($"127.0.0.1:{Ports.Next()}", "", Roles.Push, "", 0, false, false), parts.Services);
        var report = new DeliveryReport(1);

        await link.DeliverAsync([TestMessages.Ephemeral(report)], CancellationToken.None);

        Assert.That(await LinkParts.SettledAsync(report), Is.Zero);
        Assert.That(link.Owes, Is.False);
    }

    [Test]
    public async Task ANodeThatIsSilent_HoldsNobodyUp_AndGetsAllWhenItSpeaksAgain()
    {
        await using PushNodeDouble node = await PushNodeDouble.StartAsync();
        await using var link = new NodeLink(node.Peer, parts.Services);
        await link.DeliverAsync([TestMessages.Stored(1)], CancellationToken.None);
        await LinkParts.ArrivesAsync(node.Delivery, 1);
        node.Link.State = LinkState.Silent;
        var report = new DeliveryReport(1_000);

        long start = Stopwatch.GetTimestamp();
        for (int seq = 2; seq <= 1_001; seq++)
            await link.DeliverAsync([TestMessages.Stored(seq, report)], CancellationToken.None);
        Assert.That(Stopwatch.GetElapsedTime(start), Is.LessThan(TimeSpan.FromSeconds(1)));
        await Eventually.BecomesTrueAsync(() => parts.Log.At(LogLevel.Warning).Count > 0, "the silence is noticed");
        node.Link.State = LinkState.Open;

        Assert.That(await LinkParts.SettledAsync(report), Is.EqualTo(1_000));
        Assert.That(node.Delivery.Seqs.Distinct(), Is.EqualTo(Enumerable.Range(1, 1_001)));
    }

    [Test]
    public async Task AnotherRunOfTheNode_GetsNothingOfWhatWaited()
    {
        await using PushNodeDouble node = await PushNodeDouble.StartAsync();
        await using var link = new NodeLink(node.Peer, parts.Services);
        node.Host.Node.Renew();
        var report = new DeliveryReport(2);

        await link.DeliverAsync([TestMessages.Stored(1, report)], CancellationToken.None);
        await Eventually.BecomesTrueAsync(() => parts.Log.At(LogLevel.Information).Count > 0, "it is noticed");
        await link.DeliverAsync([TestMessages.Stored(2, report)], CancellationToken.None);

        Assert.That(await LinkParts.SettledAsync(report), Is.Zero);
        Assert.That(node.Delivery.Delivered, Is.Empty);
        Assert.That(parts.Log.At(LogLevel.Information), Has.One.Contains("runs anew"));
    }

    [Test]
    public async Task ALinkThatEnds_SettlesWhatWaits()
    {
        await using PushNodeDouble node = await PushNodeDouble.StartAsync();
        node.Delivery.Gate = new TaskCompletionSource();
        var link = new NodeLink(node.Peer, parts.Services);
        var report = new DeliveryReport(3);
        await link.DeliverAsync([TestMessages.Stored(1, report)], CancellationToken.None);
        await LinkParts.ArrivesAsync(node.Delivery, 1);
        await link.DeliverAsync([TestMessages.Stored(2, report)], CancellationToken.None);

        await link.DisposeAsync();
        await link.DeliverAsync([TestMessages.Stored(3, report)], CancellationToken.None);

        Assert.That(await LinkParts.SettledAsync(report), Is.Zero);
        Assert.That(link.Owes, Is.True);
    }

    [Test]
    public async Task ALinkThatCloses_BringsWhatWaits()
    {
        await using PushNodeDouble node = await PushNodeDouble.StartAsync();
        await using var link = new NodeLink(node.Peer, parts.Services);
        await link.DeliverAsync(TestMessages.Stored(1, 10_000), CancellationToken.None);

        await link.CloseAsync(CancellationToken.None);

        Assert.That(node.Delivery.Delivered, Has.Count.EqualTo(10_000));
    }

    [Test]
    public async Task ALinkThatCloses_WaitsForNoNodeThatIsAway()
    {
        parts.Options.MaxQueuedTime = TimeSpan.FromMinutes(5);
        await using PushNodeDouble node = await PushNodeDouble.StartAsync();
        node.Link.State = LinkState.Cut;
        await using var link = new NodeLink(node.Peer, parts.Services);
        var report = new DeliveryReport(10);
        await link.DeliverAsync(TestMessages.Stored(1, 10, report), CancellationToken.None);

        await link.CloseAsync(CancellationToken.None).WaitAsync(LinkParts.Patience);

        Assert.That(await LinkParts.SettledAsync(report), Is.Zero);
    }

    private static int TestMessageBytes() => MessageEntry.SizeOf(TestMessages.Stored(2));
}
