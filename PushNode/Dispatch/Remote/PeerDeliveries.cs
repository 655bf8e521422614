using System.Collections.Concurrent;
using PushNode.Peers;
using PushNode.Push;
using PushNode.Settings;

namespace PushNode.Dispatch.Remote;

/// <summary>
/// The push nodes of a cluster: this node itself, called directly, if it is one, and a link to each other one that is live, made when it is first needed. A node that is gone
/// or runs anew loses its link; a run that comes back is told to look into the store for what it missed. When this node stops, the links bring what still waits.
/// </summary>
internal sealed class PeerDeliveries : LastToStop, IDeliveries, IAsyncDisposable
{
    /// <summary>How many runs that are gone are remembered, in case they come back.</summary>
    private const int MaxGone = 1_000;

    private readonly IPeerDirectory directory;
    private readonly Node node;
    private readonly IDelivery? own;
    private readonly LinkServices services;
    private readonly ConcurrentDictionary<string, NodeLink> links = [];
    private readonly Dictionary<string, UntoldRevocations> untold = [];
    private readonly HashSet<string> gone = [];
    private readonly Lock gate = new();
    private bool closed;

    /// <param name="directory">The other nodes.</param>
    /// <param name="node">This one.</param>
    /// <param name="services">What every link uses.</param>
    /// <param name="own">What delivers here; null when this is no push node.</param>
    public PeerDeliveries(IPeerDirectory directory, Node node, LinkServices services, IDelivery? own)
    {
        this.directory = directory;
        this.node = node;
        this.services = services;
        this.own = own;
        directory.OnChanged(FollowDirectory);
    }

    public IEnumerable<IDelivery> All
    {
        get
        {
            if (own is not null)
                yield return own;
            foreach (Peer peer in directory.Peers)
            {
                if (LinkTo(peer) is { } link)
                    yield return link;
            }
        }
    }

    public IDelivery? Find(string address) =>
        address == node.Address ? own : directory.Find(address) is { } peer ? LinkTo(peer) : null;

    public override Task StoppedAsync(CancellationToken cancellationToken) => Task.WhenAll(Close().Select(link => link.Value.CloseAsync(cancellationToken)));

    public async ValueTask DisposeAsync()
    {
        foreach ((string address, NodeLink link) in Close())
        {
            // The container may dispose of a service once for each of its names.
            if (links.TryRemove(address, out _))
                await link.DisposeAsync();
        }
    }

    private NodeLink? LinkTo(Peer peer)
    {
        if (!peer.Roles.HasFlag(Roles.Push))
            return null;
        return links.TryGetValue(peer.Address, out NodeLink? link) && link.Incarnation == peer.Incarnation ? link : MakeLink(peer.Address);
    }

    /// <summary>Has every push node compare what it holds with the store: messages may have been sent the wrong way, or not at all.</summary>
    public void OweAll()
    {
        foreach (Peer peer in directory.Peers)
            LinkTo(peer)?.Owe();
    }

    private NodeLink? MakeLink(string address)
    {
        lock (gate)
        {
            // What the caller knew may have been overtaken by a change; what is looked up here is not, since the change ends links in this lock.
            if (closed || directory.Find(address) is not { } peer || !peer.Roles.HasFlag(Roles.Push))
                return null;
            links.TryGetValue(address, out NodeLink? last);
            if (last?.Incarnation == peer.Incarnation)
                return last;
            bool isBack = gone.Remove(peer.Incarnation);
            if (!untold.TryGetValue(address, out UntoldRevocations? revocations))
                untold[address] = revocations = new UntoldRevocations(peer, services);
            // What was meant for the run before has been dropped.
            var link = new NodeLink(peer, services, owes: isBack || last is not null, revocations);
            links[address] = link;
            if (last is not null)
                _ = last.DisposeAsync().AsTask();
            return link;
        }
    }

    private void FollowDirectory()
    {
        lock (gate)
        {
            foreach ((string address, NodeLink link) in links)
            {
                Peer? peer = directory.Find(address);
                if (peer is null)
                    End(address, link);
                else if (peer.Incarnation != link.Incarnation)
                    MakeLink(address);
            }

            foreach (Peer peer in directory.Peers)
            {
                if (gone.Contains(peer.Incarnation) || (untold.TryGetValue(peer.Address, out UntoldRevocations? revocations) && revocations.All.Length > 0))
                    MakeLink(peer.Address);
            }
        }
    }

    private void End(string address, NodeLink link)
    {
        links.TryRemove(address, out _);
        if (gone.Count == MaxGone)
            ForgetGone();
        gone.Add(link.Incarnation);
        _ = link.DisposeAsync().AsTask();
    }

    private void ForgetGone()
    {
        gone.Clear();
        foreach (string address in untold.Keys.Where(a => !links.ContainsKey(a)).ToArray())
            untold.Remove(address);
    }

    private KeyValuePair<string, NodeLink>[] Close()
    {
        lock (gate)
        {
            closed = true;
            return [.. links];
        }
    }
}
