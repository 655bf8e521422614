using PushNode.Peers;

namespace PushNode.Dispatch.Remote;

/// <summary>The revocations that one node could not be told: told again and again until it has been, or <paramref name="life"/> ends.</summary>
/// <param name="peer">The node, whichever run of it.</param>
/// <param name="services">What every link uses.</param>
/// <param name="life">Ends with the node.</param>
internal sealed class UntoldRevocations(Peer peer, LinkServices services, CancellationToken life)
{
    /// <summary>How many users' revocations are kept for one node.</summary>
    public const int Max = 10_000;

    private const int MaxInRequest = 1_000;

    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);

    // It has to know within a second of being back.
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMilliseconds(400);

    private readonly Dictionary<string, long> voidBefore = [];
    private readonly Lock gate = new();
    private bool telling;

    /// <summary>What has not been told.</summary>
    public KeyValuePair<string, long>[] All
    {
        get
        {
            lock (gate)
                return [.. voidBefore];
        }
    }

    /// <summary>Tells the node once; throws when that fails.</summary>
    /// <exception cref="PeerUnavailableException">It has not been told, or did not say so.</exception>
    public Task TellAsync(IReadOnlyCollection<KeyValuePair<string, long>> revoked, CancellationToken cancellationToken) =>
        services.Peers.CallAsync(peer, UserProtocol.DeliverRevoked, UserProtocol.Revoked(revoked).Written, cancellationToken);

    /// <summary>Has the node told later.</summary>
    public void Add(string userId, long before)
    {
        lock (gate)
        {
            if (voidBefore.Count >= Max && !voidBefore.ContainsKey(userId))
            {
                DispatchLog.TooManyRevocations(services.Logger, Max, peer.Address, userId);
                return;
            }

            voidBefore[userId] = Math.Max(before, voidBefore.GetValueOrDefault(userId));
            if (telling)
                return;
            telling = true;
        }

        DispatchLog.NotTold(services.Logger, peer.Address);
        _ = TellAllAsync();
    }

    private async Task TellAllAsync()
    {
        var delay = new RetryDelay(FirstDelay, LongestDelay);
        try
        {
            while (Next() is { Length: > 0 } next)
            {
                // Whoever has added one has just tried.
                await Task.Delay(delay.Next(), services.Time, life);
                if (await TryTellAsync(next))
                    delay.Reset();
            }

            DispatchLog.Told(services.Logger, peer.Address);
        }
        catch (OperationCanceledException)
        {
            // The node has gone.
        }
    }

    private async Task<bool> TryTellAsync(KeyValuePair<string, long>[] some)
    {
        try
        {
            await TellAsync(some, life);
        }
        catch (PeerUnavailableException)
        {
            return false;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A fault of ours must not end the telling.
            DispatchLog.LinkFailed(services.Logger, peer.Address, e);
            return false;
        }

        lock (gate)
        {
            foreach ((string userId, long before) in some)
            {
                if (voidBefore[userId] <= before)
                    voidBefore.Remove(userId);
            }
        }

        return true;
    }

    private KeyValuePair<string, long>[] Next()
    {
        lock (gate)
        {
            telling = voidBefore.Count > 0;
            return [.. voidBefore.Take(MaxInRequest)];
        }
    }
}
