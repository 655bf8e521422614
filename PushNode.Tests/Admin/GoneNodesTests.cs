using PushNode.Admin.Status;
using PushNode.Peers;
using PushNode.Settings;
using PushNode.Tests.Support;

namespace PushNode.Tests.Admin;

internal sealed class GoneNodesTests
{
    private readonly SteppedTime time = new();
    private readonly FixedPeers directory = new(Peer(1), Peer(2));

    [Test]
    public void NodesThatWentAway_AreRememberedForTenMinutes_UnlessTheyComeBack()
    {
        var gone = new GoneNodes(directory, time);
        Assert.That(gone.All, Is.Empty);

        time.Advance(TimeSpan.FromMinutes(1));
        directory.Set(Peer(2));
        long first = time.GetUtcNow().ToUnixTimeMilliseconds();
        Assert.That(gone.All, Is.EqualTo(new[] { new GoneNode(Peer(1), first, WasStopped: false) }));

        time.Advance(TimeSpan.FromMinutes(4));
        directory.Set();
        Assert.That(gone.All.Select(static g => g.Peer.Address), Is.EquivalentTo(new[] { Peer(1).Address, Peer(2).Address }));

        directory.Set(Peer(2));
        Assert.That(gone.All.Single().Peer, Is.EqualTo(Peer(1)));
        time.Advance(TimeSpan.FromMinutes(5.9));
        Assert.That(gone.All.Single().Since, Is.EqualTo(first));
        time.Advance(TimeSpan.FromMinutes(0.2));
        Assert.That(gone.All, Is.Empty);
    }

    [Test]
    public void TheyAreBounded()
    {
        var gone = new GoneNodes(directory, time);
        for (int i = 0; i < 300; i++)
        {
            directory.Set(Peer(i));
            time.Advance(TimeSpan.FromMilliseconds(1));
        }

        IReadOnlyList<GoneNode> all = gone.All;
        Assert.That(all, Has.Count.EqualTo(256));
        Assert.That(all.Select(static g => g.Peer.Address), Does.Contain(Peer(298).Address).And.Not.Contain(Peer(10).Address));
    }

    private static Peer Peer(int number) => new($"10.0.0.1:{8000 + number}", "a", Roles.Push, "0.1.0", 0, Stores: false, IsDraining: false);
}
