using System.Diagnostics;
using PushNode.Dispatch.Remote;
using PushNode.Messages;
using PushNode.Peers;
using PushNode.Push;
using PushNode.Settings;
using PushNode.Tests.Support;

namespace PushNode.Tests.Dispatch;

internal sealed class PeerDeliveriesTests : IDisposable
{
    private readonly LinkParts parts = new();
    private readonly FixedPeers directory = new();
    private readonly RecordingDelivery own = new();

    public void Dispose() => parts.Dispose();

    [Test]
    public async Task ThisNode_IsCalledDirectly_IfItIsAPushNode()
    {
        await using PeerDeliveries pushing = Deliveries(), other = new(directory, parts.Node, parts.Services, null);

        Assert.That(pushing.Find(parts.Node.Address), Is.SameAs(own));
        Assert.That(pushing.All, Is.EqualTo(new[] { own }));
        Assert.That(other.Find(parts.Node.Address), Is.Null);
        Assert.That(other.All, Is.Empty);
    }

    [Test]
    public async Task Links_LeadToLivePushNodes_AndAreKept()
    {
        Peer push = PeerAt("10.0.0.1:1", Roles.Push), all = PeerAt("10.0.0.2:1", Roles.All), collect = PeerAt("10.0.0.3:1", Roles.Collect | Roles.Dispatch);
        directory.Set(push, all, collect);
        await using PeerDeliveries deliveries = Deliveries();

        IDelivery? first = deliveries.Find(push.Address);
        directory.Set(push with { Connections = 5, IsDraining = true }, all, collect);

        Assert.That(first, Is.Not.Null);
        Assert.That(deliveries.Find(push.Address), Is.SameAs(first));
        Assert.That(deliveries.Find(collect.Address), Is.Null);
        Assert.That(deliveries.Find("10.0.0.4:1"), Is.Null);
        Assert.That(deliveries.All, Is.EquivalentTo(new[] { own, first, deliveries.Find(all.Address) }));
    }

    [Test]
    public async Task ANodeThatIsGone_LosesItsLink_AndWhatWaited()
    {
        Peer peer = PeerAt($"127.0.0.1:{Ports.Next()}", Roles.Push);
        directory.Set(peer);
        await using PeerDeliveries deliveries = Deliveries();
        var report = new DeliveryReport(1);
        await deliveries.Find(peer.Address)!.DeliverAsync([TestMessages.Stored(1, report)], CancellationToken.None);

        directory.Set();

        Assert.That(await LinkParts.SettledAsync(report), Is.Zero);
        Assert.That(deliveries.Find(peer.Address), Is.Null);
    }

    [Test]
    public async Task ANodeThatRunsAnew_HasANewLink()
    {
        await using PushNodeDouble node = await PushNodeDouble.StartAsync();
        directory.Set(node.Peer);
        await using PeerDeliveries deliveries = Deliveries();
        IDelivery before = deliveries.Find(node.Peer.Address)!;
        node.Host.Node.Renew();
        var report = new DeliveryReport(1);
        await before.DeliverAsync([TestMessages.Stored(1, report)], CancellationToken.None);
        Assert.That(await LinkParts.SettledAsync(report), Is.Zero);

        directory.Set(node.Peer);
        await deliveries.Find(node.Peer.Address)!.DeliverAsync([TestMessages.Stored(2)], CancellationToken.None);

        await LinkParts.ArrivesAsync(node.Delivery, 1);
        Assert.That(node.Delivery.Seqs, Is.EqualTo(new[] { 2 }));
    }

    [Test]
    public async Task ANewRun_IsToldTheRevocationsThatTheLastOneWasNot()
    {
        await using PushNodeDouble node = await PushNodeDouble.StartAsync();
        directory.Set(node.Peer);
        await using PeerDeliveries deliveries = Deliveries();
        node.Link.State = LinkState.Cut;
        await deliveries.Find(node.Peer.Address)!.RevokeAsync("alice", 5, CancellationToken.None);

        node.Host.Node.Renew();
        directory.Set(node.Peer);
        node.Link.State = LinkState.Open;

        await Eventually.BecomesTrueAsync(() => node.Delivery.Asked.Contains("revoke alice 5"), "it is told");
    }

    [TestCase(false, TestName = "ARevocationUnderWay_WhenTheNodeRunsAnew_IsToldToTheNewRun")]
    [TestCase(true, TestName = "ARevocationUnderWay_WhenTheNodeGoes_IsToldToTheNextRun")]
    public async Task RevocationUnderWay(bool goes)
    {
        parts.Options.Timeout = TimeSpan.FromSeconds(1);
        await using PushNodeDouble node = await PushNodeDouble.StartAsync();
        directory.Set(node.Peer);
        await using PeerDeliveries deliveries = Deliveries();
        node.Link.State = LinkState.Silent;
        Task revoking = deliveries.Find(node.Peer.Address)!.RevokeAsync("alice", 5, CancellationToken.None).AsTask();

        node.Host.Node.Renew();
        if (goes)
            directory.Set();
        else
            directory.Set(node.Peer);
        Assert.That(revoking.IsCompleted, Is.False, "its link is replaced before it fails");
        await revoking;
        // What the silent link was given never arrives.
        node.Link.State = LinkState.Cut;
        node.Link.State = LinkState.Open;
        directory.Set(node.Peer);

        await Eventually.BecomesTrueAsync(() => node.Delivery.Asked.Contains("revoke alice 5"), "it is told");
    }

    [Test]
    public async Task TheSameRunThatComesBack_IsToldWhatItMissed()
    {
        await using PushNodeDouble node = await PushNodeDouble.StartAsync();
        directory.Set(node.Peer);
        await using PeerDeliveries deliveries = Deliveries();
        node.Link.State = LinkState.Cut;
        var report = new DeliveryReport(1);
        await deliveries.Find(node.Peer.Address)!.DeliverAsync([TestMessages.Stored(1, report)], CancellationToken.None);
        await deliveries.Find(node.Peer.Address)!.RevokeAsync("alice", 5, CancellationToken.None);
        directory.Set();
        Assert.That(await LinkParts.SettledAsync(report), Is.Zero);

        node.Link.State = LinkState.Open;
        directory.Set(node.Peer);

        await Eventually.BecomesTrueAsync(() => node.Delivery.Reconciled == 1, "it is told");
        await Eventually.BecomesTrueAsync(() => node.Delivery.Asked.Contains("revoke alice 5"), "it is told what was revoked, too");
        Assert.That(node.Delivery.Delivered, Is.Empty);
    }

    [Test]
    public async Task ASlowNode_SlowsNoOther()
    {
        parts.Options.MaxQueuedMessages = 1_000;
        await using PushNodeDouble slow = await PushNodeDouble.StartAsync(), quick = await PushNodeDouble.StartAsync();
        slow.Delivery.Gate = new TaskCompletionSource();
        directory.Set(slow.Peer, quick.Peer);
        await using PeerDeliveries deliveries = Deliveries();
        long start = Stopwatch.GetTimestamp();

        for (int seq = 1; seq <= 5_000; seq++)
        {
            Message[] batch = TestMessages.Stored(seq, seq);
            foreach (IDelivery delivery in deliveries.All)
                await delivery.DeliverAsync(batch, CancellationToken.None);
            // The quick one keeps up when it is given a moment; the slow one never does.
            if (seq % 500 == 0)
                await LinkParts.ArrivesAsync(quick.Delivery, seq);
        }

        Assert.That(Stopwatch.GetElapsedTime(start), Is.LessThan(TimeSpan.FromSeconds(10)));
        Assert.That(quick.Delivery.Seqs, Is.EqualTo(Enumerable.Range(1, 5_000)));
        Assert.That(slow.Delivery.Delivered, Has.Count.LessThanOrEqualTo(1_000));
        Assert.That(own.Delivered, Has.Count.EqualTo(5_000));
    }

    [Test]
    public async Task WhenThisNodeStops_TheLinksBringWhatWaits()
    {
        await using PushNodeDouble one = await PushNodeDouble.StartAsync(), two = await PushNodeDouble.StartAsync();
        directory.Set(one.Peer, two.Peer);
        await using PeerDeliveries deliveries = Deliveries();
        foreach (IDelivery delivery in deliveries.All)
            await delivery.DeliverAsync(TestMessages.Stored(1, 9_000), CancellationToken.None);

        await deliveries.StoppedAsync(CancellationToken.None);

        Assert.That((one.Delivery.Delivered.Count, two.Delivery.Delivered.Count), Is.EqualTo((9_000, 9_000)));
        directory.Set(one.Peer, two.Peer, PeerAt("10.0.0.9:1", Roles.Push));
        Assert.That(deliveries.Find("10.0.0.9:1"), Is.Null);
    }

    private PeerDeliveries Deliveries() => new(directory, parts.Node, parts.Services, own);

    private static Peer PeerAt(string address, Roles roles) => new(address, $"run-of-{address}", roles, "", 0, false, false);
}
