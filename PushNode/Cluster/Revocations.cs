using System.Collections.Concurrent;
using PushNode.Diagnostics;
using PushNode.Storage;

namespace PushNode.Cluster;

/// <summary>
/// The users whose tokens issued before a moment are void. The store keeps them for good; this is what every join of this node asks, filled when the node
/// starts.
/// </summary>
internal sealed class Revocations(IMessageStore store, IRevocationCopy copy, TimeProvider time)
{
    /// <summary>What a client whose token is void is told.</summary>
    public const string Refusal = "the token has been revoked: it was issued before its user was revoked, or within the same second";

    /// <summary>How long this node may have stood still without having missed one: shorter than the others try to tell it one before they go on, unless they are set to.</summary>
    private static readonly TimeSpan LongestAbsence = TimeSpan.FromSeconds(1);

    /// <summary>How long writing waits for the store after that: messages are not to wait for a store that is away.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ReloadInterval = TimeSpan.FromSeconds(3);

    private readonly ConcurrentDictionary<string, long> voidBefore = [];
    private readonly Lock gate = new();
    private readonly TaskCompletionSource loaded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Occasional reload = new(time, ReloadInterval);
    private Action<string>? revoked;
    private Task? catchingUp;
    private long awake;
    private long doubts;
    private long settled;

    /// <summary>Done when what the store keeps has been loaded once: nobody is to join before.</summary>
    public Task Loaded => loaded.Task;

    /// <summary>
    /// Whether nothing is to be asked before more is written to connections: false after this node has stood still or was out of the others' sight, when one could not
    /// be told to it.
    /// </summary>
    public bool IsCurrent
    {
        get
        {
            long last = Volatile.Read(ref awake);
            return Volatile.Read(ref settled) == Doubts && (last == 0 || time.GetElapsedTime(last) < LongestAbsence);
        }
    }

    /// <summary>How often one may have been missed.</summary>
    public long Doubts => Volatile.Read(ref doubts);

    /// <summary>Calls <paramref name="listener"/> with the user id after each revocation that is new to this node. For wiring at start.</summary>
    public void OnRevoked(Action<string> listener) => revoked += listener;

    /// <summary>Takes over what the store keeps, and tells the listeners of what is new: they may have connected before this node knew.</summary>
    /// <exception cref="StoreUnavailableException">The store does not answer.</exception>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        foreach ((string userId, long before) in await store.ListRevocationsAsync(cancellationToken))
            Take(userId, before);
        loaded.TrySetResult();
    }

    /// <summary>One may have been missed: <see cref="IsCurrent"/> is false until they have been loaded again.</summary>
    public void Doubt() => Interlocked.Increment(ref doubts);

    /// <summary>This node does not stand still. To be called several times in <see cref="LongestAbsence"/>, once it has been begun.</summary>
    public Task KeepUpAsync()
    {
        if (!IsCurrent)
            return CatchUpAsync();
        Volatile.Write(ref awake, time.GetTimestamp());
        return Task.CompletedTask;
    }

    /// <summary>Returns when <see cref="IsCurrent"/>: what the store keeps has been loaded, or it was given its time to answer. Does not throw.</summary>
    public Task CatchUpAsync()
    {
        if (IsCurrent)
            return Task.CompletedTask;
        lock (gate)
        {
            // Whoever comes while it is under way shares it.
            if (catchingUp is null && !IsCurrent)
                catchingUp = CatchUpAsync(Interlocked.Increment(ref doubts));
            return catchingUp ?? Task.CompletedTask;
        }
    }

    /// <summary>
    /// Whether a token of this user issued then (Unix milliseconds) is void. Tokens tell seconds, so one issued within the second of the
    /// revocation counts as issued before it.
    /// </summary>
    public bool IsRevoked(string userId, long issuedAt) => voidBefore.TryGetValue(userId, out long before) && issuedAt < before;

    /// <summary>
    /// Makes all tokens of the user issued until now void, durably. Returns the time, in Unix milliseconds, before which issued tokens are void, for
    /// the push nodes to <see cref="Learn"/>.
    /// </summary>
    /// <exception cref="StoreUnavailableException">It was not stored; nothing is revoked.</exception>
    public async Task<long> RevokeAsync(string userId, CancellationToken cancellationToken)
    {
        long before = time.GetUtcNow().ToUnixTimeMilliseconds();
        await store.RevokeAsync(userId, before, cancellationToken);
        await copy.PutAsync(userId, before, cancellationToken);
        Take(userId, before);
        return before;
    }

    /// <summary>A collect node has revoked the user's tokens issued before then (Unix milliseconds): tells the listeners.</summary>
    public void Learn(string userId, long before)
    {
        Raise(userId, before);
        // Also when it is known already: a connection may have been made between the knowing and the telling.
        revoked?.Invoke(userId);
    }

    /// <summary>Asks the copy that all nodes share, for a user who joins: what it says holds here from now on.</summary>
    public async ValueTask AskAsync(string userId, CancellationToken cancellationToken)
    {
        long before = await copy.FindAsync(userId, cancellationToken);
        if (before > 0)
            Take(userId, before);
    }

    /// <summary>
    /// Whether a token of this user issued then (Unix milliseconds) is void, as known to the cluster by now. For whoever is no client: a node that has no clients is told
    /// of no revocation, so what the copy has lost it asks the store for every few seconds.
    /// </summary>
    /// <exception cref="StoreUnavailableException">The store does not answer, and never has.</exception>
    public async ValueTask<bool> FindRevokedAsync(string userId, long issuedAt, CancellationToken cancellationToken)
    {
        if (!Loaded.IsCompleted || (revoked is null && reload.IsDue()))
            await RefreshAsync(cancellationToken);
        await AskAsync(userId, cancellationToken);
        return IsRevoked(userId, issuedAt);
    }

    private async Task CatchUpAsync(long doubt)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        using var patience = new CancellationTokenSource(Patience, time);
        bool isLoaded = false;
        while (!isLoaded && !patience.IsCancellationRequested)
        {
            try
            {
                await LoadAsync(patience.Token);
                isLoaded = true;
            }
            catch (Exception)
            {
                // Whoever watches the doubts goes on trying, and says why it fails. The first asking after a standstill may meet a broken connection.
                await Task.Delay(Pause, time, patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        lock (gate)
        {
            Volatile.Write(ref awake, time.GetTimestamp());
            Volatile.Write(ref settled, doubt);
            catchingUp = null;
        }
    }

    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        try
        {
            await LoadAsync(cancellationToken);
        }
        catch (StoreUnavailableException) when (Loaded.IsCompleted)
        {
            // What was known last holds until it answers.
        }
    }

    private void Take(string userId, long before)
    {
        if (Raise(userId, before))
            revoked?.Invoke(userId);
    }

    // Whether that told this node something.
    private bool Raise(string userId, long before)
    {
        while (true)
        {
            if (!voidBefore.TryGetValue(userId, out long known))
            {
                if (voidBefore.TryAdd(userId, before))
                    return true;
            }
            else if (known >= before)
            {
                return false;
            }
            else if (voidBefore.TryUpdate(userId, before, known))
            {
                return true;
            }
        }
    }
}
