using PushNode.Dispatch.Remote;
using PushNode.Messages;
using PushNode.Peers;
using PushNode.Tests.Peers;
using PushNode.Tests.Support;

namespace PushNode.Tests.Dispatch;

internal sealed class LinkReportTests : IDisposable
{
    private readonly LinkParts parts = new();

    public void Dispose() => parts.Dispose();

    [Test]
    public async Task Connections_AreReported_OfThoseWhoAsked()
    {
        await using PushNodeDouble node = await PushNodeDouble.StartAsync();
        node.Delivery.Connections = 3;
        await using var link = new NodeLink(node.Peer, parts.Services);
        DeliveryReport one = new(1), two = new(2);

        await link.DeliverAsync(
            [TestMessages.Stored(1), TestMessages.Stored(2, one), TestMessages.Ephemeral(two), TestMessages.Stored(3), TestMessages.Stored(4, two)],
            CancellationToken.None);

        Assert.That(await LinkParts.SettledAsync(one), Is.EqualTo(3));
        Assert.That(await LinkParts.SettledAsync(two), Is.EqualTo(6));
        Assert.That(node.Delivery.Delivered.Count(static m => m.Report is not null), Is.EqualTo(3));
    }

    [Test]
    public async Task NextRequests_DoNotWaitForReports()
    {
        await using PushNodeDouble node = await PushNodeDouble.StartAsync();
        node.Delivery.Connections = null;
        await using var link = new NodeLink(node.Peer, parts.Services);
        DeliveryReport first = new(1), second = new(1);

        await link.DeliverAsync([TestMessages.Stored(1, first)], CancellationToken.None);
        await LinkParts.ArrivesAsync(node.Delivery, 1);
        await link.DeliverAsync([TestMessages.Stored(2, second)], CancellationToken.None);
        await LinkParts.ArrivesAsync(node.Delivery, 2);
        Assert.That((first.Completed.IsCompleted, second.Completed.IsCompleted), Is.EqualTo((false, false)));
        node.Delivery.Delivered.Last().Report!.Add(2);
        Assert.That(await LinkParts.SettledAsync(second), Is.EqualTo(2));
        node.Delivery.Delivered.First().Report!.Add(7);

        Assert.That(await LinkParts.SettledAsync(first), Is.EqualTo(7));
    }

    [Test]
    public async Task ReportsThatDoNotCome_AreGivenUp_WithWhatIsKnown()
    {
        await using PushNodeDouble node = await PushNodeDouble.StartAsync();
        node.Delivery.Connections = null;
        await using var link = new NodeLink(node.Peer, parts.Services);
        DeliveryReport known = new(1), unknown = new(1);

        await link.DeliverAsync([TestMessages.Stored(1, known), TestMessages.Stored(2, unknown)], CancellationToken.None);
        await LinkParts.ArrivesAsync(node.Delivery, 2);
        node.Delivery.Delivered.First().Report!.Add(4);

        Assert.That(await LinkParts.SettledAsync(unknown), Is.Zero);
        Assert.That(await LinkParts.SettledAsync(known), Is.EqualTo(4));
    }

    [Test]
    public async Task ReportsOfANodeThatDies_CountAsNone()
    {
        await using PushNodeDouble node = await PushNodeDouble.StartAsync();
        node.Delivery.Connections = null;
        await using var link = new NodeLink(node.Peer, parts.Services);
        var report = new DeliveryReport(2);

        await link.DeliverAsync(TestMessages.Stored(1, 2, report), CancellationToken.None);
        await LinkParts.ArrivesAsync(node.Delivery, 2);
        // It is taken when the next one is brought.
        await link.DeliverAsync([TestMessages.Stored(3)], CancellationToken.None);
        await LinkParts.ArrivesAsync(node.Delivery, 3);
        node.Link.State = LinkState.Cut;

        Assert.That(await LinkParts.SettledAsync(report), Is.Zero);
        Assert.That(node.Delivery.Seqs.Take(3), Is.EqualTo(new[] { 1, 2, 3 }));
    }

    [Test]
    public async Task SoManyReportsAreAwaited_AndNoMore()
    {
        await using PushNodeDouble node = await PushNodeDouble.StartAsync();
        node.Delivery.Connections = null;
        await using var link = new NodeLink(node.Peer, parts.Services);
        DeliveryReport[] reports = [.. Enumerable.Range(0, MessageProtocol.MaxReports + 5).Select(static _ => new DeliveryReport(1))];

        for (int i = 0; i < reports.Length; i++)
        {
            await link.DeliverAsync([TestMessages.Stored(i + 1, reports[i])], CancellationToken.None);
            await LinkParts.ArrivesAsync(node.Delivery, i + 1);
        }

        foreach (DeliveryReport beyond in reports[MessageProtocol.MaxReports..])
            Assert.That(await LinkParts.SettledAsync(beyond), Is.Zero);
        Assert.That(reports[..MessageProtocol.MaxReports].All(static r => !r.Completed.IsCompleted), Is.True);
        foreach (Message message in node.Delivery.Delivered)
            message.Report!.Add(1);
        foreach (DeliveryReport awaited in reports[..MessageProtocol.MaxReports])
            Assert.That(await LinkParts.SettledAsync(awaited), Is.EqualTo(1));
    }

    [TestCase(new byte[] { 1, 2, 0, 0, 0, 1, 0, 0, 0 }, "more reports than were asked for")]
    [TestCase(new byte[] { 1, 1, 0, 0, 0, 255, 255, 255, 255 }, "a negative number")]
    [TestCase(new byte[] { 1, 1, 0, 0, 0, 1, 0 }, "half of a number")]
    [TestCase(new byte[] { 1, 1, 0, 0, 0, 1, 0, 0, 0, 0 }, "a byte too many")]
    [TestCase(new byte[] { 1 }, "none")]
    public async Task ReportsThatMakeNoSense_CountAsNone(byte[] answer, string why)
    {
        var service = new CountedService(MessageProtocol.Deliver, call => call.AnswerAsync(answer).AsTask());
        await using PeerHost host = await PeerHost.StartAsync(service);
        await using var link = new NodeLink(host.Peer, parts.Services);
        var report = new DeliveryReport(1);

        await link.DeliverAsync([TestMessages.Stored(1, report)], CancellationToken.None);

        Assert.That(await LinkParts.SettledAsync(report), Is.Zero, why);
        await link.CloseAsync(CancellationToken.None);
        Assert.That(service.Calls, Is.EqualTo(1), "it has been taken");
    }

    [TestCase(new byte[0])]
    [TestCase(new byte[] { 2 })]
    public async Task AnAnswerThatDoesNotSayTaken_IsNone(byte[] answer)
    {
        int calls = 0;
        var service = new CountedService(
            MessageProtocol.Deliver, call => call.AnswerAsync(Interlocked.Increment(ref calls) < 3 ? answer : [MessageProtocol.Taken]).AsTask());
        await using PeerHost host = await PeerHost.StartAsync(service);
        await using var link = new NodeLink(host.Peer, parts.Services);

        await link.DeliverAsync([TestMessages.Stored(1)], CancellationToken.None);

        await Eventually.BecomesTrueAsync(() => service.Calls == 3, "it is repeated until it is taken");
    }

    [Test]
    public async Task WhatTheNodeFindsMalformed_IsLeftToTheStore_AndHoldsNothingUp()
    {
        int calls = 0;
        byte flags = 0;
        var service = new CountedService(MessageProtocol.Deliver, call =>
        {
            if (Interlocked.Increment(ref calls) == 1)
                throw new MalformedPeerBodyException(0, "nonsense");
            flags = call.Body.Span[0];
            return call.AnswerAsync(new[] { MessageProtocol.Taken }).AsTask();
        });
        await using PeerHost host = await PeerHost.StartAsync(service);
        await using var link = new NodeLink(host.Peer, parts.Services);
        var report = new DeliveryReport(1);

        await link.DeliverAsync([TestMessages.Stored(1, report)], CancellationToken.None);

        Assert.That(await LinkParts.SettledAsync(report), Is.Zero);
        await Eventually.BecomesTrueAsync(() => service.Calls == 2, "the node is told to look into the store");
        Assert.That(flags, Is.EqualTo(MessageProtocol.Reconcile));
    }
}
