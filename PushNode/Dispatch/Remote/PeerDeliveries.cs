using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using PushNode.Peers;
using PushNode.Push;
using PushNode.Settings;

namespace PushNode.Dispatch.Remote;

/// <summary>
/// The push nodes of a cluster: this node itself, called directly, if it is one, and a link to each other one that is live, made when it is first needed. A node that is gone
/// or runs anew loses its link. When this node stops, the links bring what still waits.
/// </summary>
internal sealed class PeerDeliveries : IDeliveries, IHostedLifecycleService, IAsyncDisposable
{
    /// <summary>How many nodes that are gone are remembered, in case the same run comes back.</summary>
    private const int MaxOwed = 1_000;

    private readonly IPeerDirectory directory;
    private readonly Node node;
    private readonly IDelivery? own;
    private readonly LinkServices services;
    private readonly ConcurrentDictionary<string, NodeLink> links = [];
    private readonly HashSet<string> owed = [];
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
        directory.OnChanged(EndLinksOfTheGone);
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

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Everything that could bring messages has stopped: the links bring what waits, as long as the token lets them.</summary>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.WhenAll(Close().Select(link => link.Value.CloseAsync(cancellationToken)));

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
            var link = new NodeLink(peer, services, owed.Remove(peer.Incarnation));
            links[address] = link;
            if (last is not null)
            {
                foreach ((string userId, long before) in last.Untold)
                    link.RevokeLater(userId, before);
                _ = EndAsync(last);
            }

            return link;
        }
    }

    private void EndLinksOfTheGone()
    {
        lock (gate)
        {
            foreach ((string address, NodeLink link) in links)
            {
                Peer? peer = directory.Find(address);
                if (peer?.Incarnation == link.Incarnation)
                    continue;
                if (peer is not null)
                    MakeLink(address);
                else if (links.TryRemove(address, out _))
                    _ = EndAsync(link);
            }
        }
    }

    private async Task EndAsync(NodeLink link)
    {
        await link.DisposeAsync();
        if (!link.Owes)
            return;
        lock (gate)
        {
            if (owed.Count == MaxOwed)
                owed.Clear();
            owed.Add(link.Incarnation);
        }
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
