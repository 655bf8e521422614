using PushNode.Peers;

namespace PushNode.Dispatch.Remote;

/// <summary>
/// The revocations that could not be told at one address. They outlive the links to its runs, since one that is being told when its link is replaced may fail
/// afterwards: as long as a link leads there they are told again and again, until the node has been.
/// </summary>
/// <param name="whom">Who is told, for the log: <c>push node 10.0.0.7:8081</c>.</param>
/// <param name="tell">Tells once; throws <see cref="PeerUnavailableException"/> when that fails.</param>
/// <param name="time">The clock of the attempts.</param>
/// <param name="logger">Where changes are logged.</param>
internal sealed class UntoldRevocations(string whom, Func<PeerWriter, CancellationToken, Task> tell, TimeProvider time, ILogger logger)
{
    /// <summary>How many users' revocations are kept for one node.</summary>
    public const int Max = 10_000;

    private const int MaxInRequest = 1_000;

    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);

    // It has to know within a second of being back.
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMilliseconds(400);

    private readonly Dictionary<string, long> voidBefore = [];
    private readonly Lock gate = new();
    private CancellationToken life = new(canceled: true);
    private bool telling;

    /// <summary>Those of a push node; whichever run answers is told, as one that has just taken a new incarnation still has its clients.</summary>
    /// <param name="peer">The node.</param>
    /// <param name="services">What every link uses.</param>
    public UntoldRevocations(Peer peer, LinkServices services)
        : this(
            $"push node {peer.Address}",
            (revoked, cancellationToken) => services.Peers.CallAsync(peer with { Incarnation = "" }, UserProtocol.DeliverRevoked, revoked.Written, cancellationToken),
            services.Time,
            services.Logger)
    {
    }

    /// <summary>What has not been told.</summary>
    public KeyValuePair<string, long>[] All
    {
        get
        {
            lock (gate)
                return [.. voidBefore];
        }
    }

    /// <summary>Tells once; throws when that fails.</summary>
    /// <exception cref="PeerUnavailableException">It has not been told, or did not say so.</exception>
    public Task TellAsync(IReadOnlyCollection<KeyValuePair<string, long>> revoked, CancellationToken cancellationToken) =>
        tell(UserProtocol.Revoked(revoked), cancellationToken);

    /// <summary>A link leads to the node from now on, for as long as it lives: has the node told what waits.</summary>
    /// <param name="linkLife">Ends with the link, or after the next one's has begun.</param>
    public void Follow(CancellationToken linkLife)
    {
        lock (gate)
        {
            life = linkLife;
            telling = voidBefore.Count > 0;
            if (!telling)
                return;
        }

        _ = TellAllAsync(linkLife);
    }

    /// <summary>Has the node told later: when a link leads there.</summary>
    public void Add(string userId, long before)
    {
        CancellationToken linkLife;
        lock (gate)
        {
            if (voidBefore.Count >= Max && !voidBefore.ContainsKey(userId))
            {
                DispatchLog.TooManyRevocations(logger, Max, whom, userId);
                return;
            }

            voidBefore[userId] = Math.Max(before, voidBefore.GetValueOrDefault(userId));
            if (telling || life.IsCancellationRequested)
                return;
            telling = true;
            linkLife = life;
        }

        DispatchLog.NotTold(logger, whom);
        _ = TellAllAsync(linkLife);
    }

    private async Task TellAllAsync(CancellationToken linkLife)
    {
        var delay = new RetryDelay(FirstDelay, LongestDelay);
        try
        {
            while (Next(linkLife) is { Length: > 0 } next)
            {
                // Whoever has added one has just tried.
                await Task.Delay(delay.Next(), time, linkLife);
                if (await TryTellAsync(next, linkLife))
                    delay.Reset();
            }

            DispatchLog.Told(logger, whom);
        }
        catch (OperationCanceledException)
        {
            // The node has gone, or the next link has them told.
        }
    }

    private async Task<bool> TryTellAsync(KeyValuePair<string, long>[] some, CancellationToken linkLife)
    {
        try
        {
            await TellAsync(some, linkLife);
        }
        catch (PeerUnavailableException)
        {
            return false;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A fault of ours must not end the telling.
            DispatchLog.LinkFailed(logger, whom, e);
            return false;
        }

        lock (gate)
        {
            foreach ((string userId, long before) in some)
            {
                if (voidBefore.TryGetValue(userId, out long untold) && untold <= before)
                    voidBefore.Remove(userId);
            }
        }

        return true;
    }

    private KeyValuePair<string, long>[] Next(CancellationToken linkLife)
    {
        lock (gate)
        {
            if (linkLife != life)
                throw new OperationCanceledException(linkLife);
            telling = voidBefore.Count > 0;
            return [.. voidBefore.Take(MaxInRequest)];
        }
    }
}
