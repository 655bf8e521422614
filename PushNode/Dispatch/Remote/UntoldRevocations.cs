using PushNode.Peers;

namespace PushNode.Dispatch.Remote;

/// <summary>The revocations that somebody could not be told: told again and again until that has been, or <paramref name="life"/> ends.</summary>
/// <param name="whom">Who is told, for the log: <c>push node 10.0.0.7:8081</c>.</param>
/// <param name="tell">Tells once; throws <see cref="PeerUnavailableException"/> when that fails.</param>
/// <param name="time">The clock of the attempts.</param>
/// <param name="logger">Where changes are logged.</param>
/// <param name="life">Ends the telling.</param>
internal sealed class UntoldRevocations(string whom, Func<PeerWriter, CancellationToken, Task> tell, TimeProvider time, ILogger logger, CancellationToken life)
{
    /// <summary>How many users' revocations are kept.</summary>
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

    /// <summary>Has it told as soon as that can be done.</summary>
    public void Add(string userId, long before)
    {
        lock (gate)
        {
            if (voidBefore.Count >= Max && !voidBefore.ContainsKey(userId))
            {
                DispatchLog.TooManyRevocations(logger, Max, whom, userId);
                return;
            }

            voidBefore[userId] = Math.Max(before, voidBefore.GetValueOrDefault(userId));
            if (telling)
                return;
            telling = true;
        }

        DispatchLog.NotTold(logger, whom);
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
                await Task.Delay(delay.Next(), time, life);
                if (await TryTellAsync(next))
                    delay.Reset();
            }

            DispatchLog.Told(logger, whom);
        }
        catch (OperationCanceledException)
        {
            // The node has gone, or this one stops.
        }
    }

    private async Task<bool> TryTellAsync(KeyValuePair<string, long>[] some)
    {
        try
        {
            await tell(UserProtocol.Revoked(some), life);
        }
        catch (PeerUnavailableException)
        {
            return false;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A fault of ours must not end the telling.
            DispatchLog.TellingFailed(logger, whom, e);
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
