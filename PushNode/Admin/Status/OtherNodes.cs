using PushNode.Peers;

namespace PushNode.Admin.Status;

/// <summary>The other nodes of the cluster, each asked how it is. Those that Redis last told of, while it is away.</summary>
internal sealed class OtherNodes(IPeerDirectory directory, PeerClient peers, GoneNodes gone, TimeProvider time)
{
    /// <summary>How long a node may take to answer: it is asked once a second.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(600);

    private Dictionary<string, NodeView> views = [];

    /// <summary>Those that are there, as they were when they were last asked.</summary>
    public IReadOnlyCollection<NodeView> Views => views.Values;

    /// <summary>Those that are no more.</summary>
    public IReadOnlyList<GoneNode> Gone => gone.All;

    /// <summary>Forgets what was told: nobody watches.</summary>
    public void Clear() => views = [];

    /// <summary>Asks all of them at once. What they answer is taken by calling what this returns, which does not wait.</summary>
    public async Task<Action> AskAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<Peer> now = directory.Peers;
        Dictionary<string, NodeView> asked = now.ToDictionary(static p => p.Address, p => views.GetValueOrDefault(p.Address) ?? new NodeView(p.Address), StringComparer.Ordinal);
        using var patience = new CancellationTokenSource(Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        Action[] answers = await Task.WhenAll(now.Select(peer => AskAsync(peer, asked[peer.Address], both.Token)));
        cancellationToken.ThrowIfCancellationRequested();
        return () =>
        {
            views = asked;
            foreach (Action answer in answers)
                answer();
        };
    }

    private async Task<Action> AskAsync(Peer peer, NodeView view, CancellationToken cancellationToken)
    {
        Action<NodeView> note;
        try
        {
            // Whichever run of it answers: it says which.
            byte[] answer = await peers.CallAsync(peer with { Incarnation = "" }, StatusProtocol.Path, StatusProtocol.Ask(view.Run, view.Number).Written, cancellationToken);
            NodeStatus told = StatusProtocol.ReadStatus(answer);
            long now = time.GetUtcNow().ToUnixTimeMilliseconds();
            note = v => v.Take(told, now);
        }
        catch (OperationCanceledException)
        {
            note = static v => v.NoteLate($"it does not answer within {Patience.TotalMilliseconds:0} ms");
        }
        catch (Exception e) when (e is PeerUnavailableException or MalformedPeerBodyException)
        {
            note = v => v.NoteAway(e.Message);
        }

        return () =>
        {
            view.Peer = peer;
            note(view);
        };
    }
}
