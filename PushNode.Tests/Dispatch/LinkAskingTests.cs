using System.Diagnostics;
using Microsoft.Extensions.Logging;
using PushNode.Dispatch.Remote;
using PushNode.Tests.Support;

namespace PushNode.Tests.Dispatch;

internal sealed class LinkAskingTests : IDisposable
{
    private readonly LinkParts parts = new();

    public void Dispose() => parts.Dispose();

    [Test]
    public async Task WhatIsAsked_IsAnswered_AndDoesNotWaitBehindMessages()
    {
        await using PushNodeDouble node = await PushNodeDouble.StartAsync();
        node.Delivery.Gate = new TaskCompletionSource();
        await using var link = new NodeLink(node.Peer, parts.Services);
        await link.DeliverAsync([TestMessages.Stored(1)], CancellationToken.None);
        await LinkParts.ArrivesAsync(node.Delivery, 1);

        Assert.That((await link.FindConnectionsAsync("alice", CancellationToken.None)).Known, Is.EqualTo((await node.Delivery.FindConnectionsAsync("alice", CancellationToken.None)).Known));
        Assert.That((await link.DisconnectAsync("alice", null, CancellationToken.None)).Known, Is.EqualTo(2));
        Assert.That((await link.DisconnectAsync("bob", "phone", CancellationToken.None)).Unanswered, Is.Empty);
        Assert.That(await link.RevokeAsync("carol", 1_795_000_000_000, CancellationToken.None), Is.Empty);
        Assert.That(
            node.Delivery.Asked,
            Is.EqualTo(new[] { "find alice", "find alice", "disconnect alice everywhere", "disconnect bob phone", "revoke carol 1795000000000" }));
    }

    [Test]
    public async Task ANodeThatCannotBeAsked_IsNamed_AndLoggedOnce()
    {
        await using PushNodeDouble node = await PushNodeDouble.StartAsync();
        await using var link = new NodeLink(node.Peer, parts.Services);
        node.Link.State = LinkState.Cut;

        string[] itself = [node.Peer.Address];
        Assert.That((await link.FindConnectionsAsync("alice", CancellationToken.None)).Unanswered, Is.EqualTo(itself));
        Assert.That((await link.FindConnectionsAsync("alice", CancellationToken.None)).Known, Is.Empty);
        Assert.That((await link.DisconnectAsync("alice", null, CancellationToken.None)).Unanswered, Is.EqualTo(itself));
        Assert.That(parts.Log.At(LogLevel.Warning), Has.Count.EqualTo(1).And.One.Contains(node.Peer.Address));
    }

    [Test]
    public async Task ANodeThatIsSilent_IsGivenUp_BeforeOurOwnCallerGivesUs()
    {
        parts.Options.Timeout = TimeSpan.FromSeconds(2);
        await using PushNodeDouble node = await PushNodeDouble.StartAsync();
        await using var link = new NodeLink(node.Peer, parts.Services);
        node.Link.State = LinkState.Silent;
        long start = Stopwatch.GetTimestamp();

        Assert.That((await link.FindConnectionsAsync("alice", CancellationToken.None)).Unanswered, Has.Count.EqualTo(1));
        Assert.That(Stopwatch.GetElapsedTime(start), Is.LessThan(TimeSpan.FromSeconds(1.8)));
    }

    [Test]
    public async Task ACallerWhoGoesAway_IsNotAnswered()
    {
        await using PushNodeDouble node = await PushNodeDouble.StartAsync();
        await using var link = new NodeLink(node.Peer, parts.Services);

        Assert.That(async () => await link.FindConnectionsAsync("alice", new CancellationToken(canceled: true)), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task AnotherRunOfTheNode_IsAskedAndToldAllTheSame()
    {
        await using PushNodeDouble node = await PushNodeDouble.StartAsync();
        await using var link = new NodeLink(node.Peer, parts.Services);
        node.Host.Node.Renew();

        Assert.That((await link.DisconnectAsync("alice", null, CancellationToken.None)).Known, Is.EqualTo(2));
        await link.RevokeAsync("alice", 5, CancellationToken.None);
        Assert.That(node.Delivery.Asked, Has.Member("revoke alice 5"));
    }

    [Test]
    public async Task ARevocation_ReachesANodeWithinASecondOfItsBeingBack()
    {
        parts.Options.Timeout = TimeSpan.FromSeconds(1);
        await using PushNodeDouble node = await PushNodeDouble.StartAsync();
        var untold = new UntoldRevocations(node.Peer, parts.Services);
        await using var link = new NodeLink(node.Peer, parts.Services, untold: untold);
        node.Link.State = LinkState.Cut;

        Assert.That(await link.RevokeAsync("alice", 5, CancellationToken.None), Is.EqualTo(new[] { node.Peer.Address }));
        await link.RevokeAsync("bob", 6, CancellationToken.None);
        await link.RevokeAsync("alice", 7, CancellationToken.None);
        // Long enough for the attempts to be as rare as they get.
        await Task.Delay(TimeSpan.FromSeconds(2));
        Assert.That(untold.All, Is.EquivalentTo(new Dictionary<string, long> { ["alice"] = 7, ["bob"] = 6 }));
        node.Link.State = LinkState.Open;
        long back = Stopwatch.GetTimestamp();

        await Eventually.BecomesTrueAsync(() => node.Delivery.Asked.Contains("revoke alice 7") && node.Delivery.Asked.Contains("revoke bob 6"), "it is told");
        Assert.That(Stopwatch.GetElapsedTime(back), Is.LessThan(TimeSpan.FromSeconds(1)));
        await Eventually.BecomesTrueAsync(() => untold.All.Length == 0, "it is remembered no more");
        Assert.That(node.Delivery.Asked, Has.Count.EqualTo(2));
        Assert.That(parts.Log.At(LogLevel.Warning), Has.Count.EqualTo(1));
        Assert.That(parts.Log.At(LogLevel.Information), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Revocations_AreKeptUpToABound()
    {
        await using PushNodeDouble node = await PushNodeDouble.StartAsync();
        node.Link.State = LinkState.Cut;
        var untold = new UntoldRevocations(node.Peer, parts.Services);
        await using var link = new NodeLink(node.Peer, parts.Services, untold: untold);

        for (int i = 0; i <= UntoldRevocations.Max; i++)
            untold.Add($"user-{i}", i);

        Assert.That(untold.All, Has.Length.EqualTo(UntoldRevocations.Max));
        Assert.That(parts.Log.At(LogLevel.Error), Has.One.Contains($"user-{UntoldRevocations.Max}"));
        node.Link.State = LinkState.Open;
        await Eventually.BecomesTrueAsync(() => untold.All.Length == 0, "all are told");
        Assert.That(node.Delivery.Asked.Distinct().Count(), Is.EqualTo(UntoldRevocations.Max));
    }
}
