using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Hosting;
using PushNode.Diagnostics;
using PushNode.Peers;
using PushNode.Settings;
using PushNode.Storage;
using StackExchange.Redis;

namespace PushNode.Cluster.Redis;

/// <summary>
/// The claim that this node stores the cluster's messages, and no other. It is sought before anything is served, made to last with every heartbeat, and lapses
/// when the node has died. Once it has been held it is kept while Redis is away; that another has it can be learnt only when Redis is back.
/// </summary>
/// <param name="shared">The claim in Redis.</param>
/// <param name="rival">Tells whether another that has claimed lives.</param>
/// <param name="file">The claim that this node had in its last run.</param>
/// <param name="options">How long a claim lives.</param>
/// <param name="facts">What this node runs.</param>
/// <param name="node">This node.</param>
/// <param name="journal">Its store, whether it is the cluster's or not.</param>
/// <param name="end">Ends the node when another stores.</param>
/// <param name="time">The clocks.</param>
/// <param name="logger">Hears of it.</param>
internal sealed class StoreClaim(
    SharedClaim shared, StoreRival rival, ClaimFile file, RedisOptions options, NodeFacts facts, Node node, IMessageStore journal, FatalEnd end, TimeProvider time, ILogger<StoreClaim> logger)
    : IHostedService, IDisposable
{
    private const string Unknown = "it is not known yet whether another node stores the messages of this cluster";
    private const string Lapsed = "this node was suspended, and finds out whether another one stores the messages of this cluster now";
    private const string Ending = "this node is ending, and stores no more";

    private static readonly TimeSpan RedisPatience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan ComplaintInterval = TimeSpan.FromMinutes(1);

    private readonly ClaimLapse lapse = new(options.NodeLifetime, options.NodeLifetime / 2, time);
    private readonly Occasional complaint = new(time, ComplaintInterval);
    private readonly CancellationTokenSource stopping = new();
    private readonly TaskCompletionSource<string?> started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task running = Task.CompletedTask;
    private volatile string? lack = Unknown;
    private StoreClaimRecord? claim;
    private long generation;

    /// <summary>Whether this node has the claim, as far as it can know; false from the first moment after it was suspended for long. Costs next to nothing.</summary>
    public bool IsHeld => lack is null && !lapse.HasLapsed;

    /// <summary>Why it has not, in words for an operator; null when it has.</summary>
    public string? Lack => lack ?? (lapse.HasLapsed ? Lapsed : null);

    /// <summary>
    /// Makes the claim; one of a node that may have died a moment ago is given time to lapse. Without Redis the claim of the last run is gone on with; a node
    /// that had none starts, and is not the store until it has made it.
    /// </summary>
    /// <exception cref="SettingsException">Another node stores.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        running = Task.WhenAll(StayAwakeAsync(), RunAsync(stopping.Token));
        if (await started.Task.WaitAsync(cancellationToken) is { } holder)
            throw new SettingsException(RoleNames.Key, RoleNames.ToText(facts.Roles), $"the node {holder} stores the messages of this cluster already, and only one may: run collect on one node only, or stop that one first");
    }

    /// <summary>Gives the claim back, so that another need not wait until it lapses.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await stopping.CancelAsync();
        await running;
        bool wasHeld = lack is null;
        lack ??= Ending;
        if (!wasHeld)
            return;
        try
        {
            await shared.EndAsync(node.Address, cancellationToken);
        }
        catch (Exception e) when (e is RedisAwayException or RedisServerException or OperationCanceledException)
        {
            // It lapses.
        }
    }

    public void Dispose() => stopping.Dispose();

    private async Task StayAwakeAsync()
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping.Token))
                lapse.NoteAwake();
        }
        catch (OperationCanceledException)
        {
            // The node ends.
        }
    }

    private async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            claim = await file.ReadAsync(cancellationToken) is { } former && former.Epoch == journal.Epoch ? former : null;
            string? holder = await SeekAsync(cancellationToken);
            if (holder is null)
            {
                started.TrySetResult(null);
                holder = await KeepAsync(cancellationToken);
            }

            await GiveUpAsync(holder);
        }
        catch (OperationCanceledException)
        {
            started.TrySetCanceled(CancellationToken.None);
        }
        catch (Exception e)
        {
            // Not the start alone fails with it: a node that does not know any more whether it is the store must not go on.
            lack = Unknown;
            if (!started.TrySetException(e))
                end.Stop();
        }
    }

    // Nothing is taken from this moment on, though the node has clients to send away before it ends.
    private async Task GiveUpAsync(string holder)
    {
        lack = $"the node {holder} stores the messages of this cluster";
        await file.DeleteAsync();
        if (started.TrySetResult(holder))
            return;
        logger.ClaimLost(holder);
        end.Stop();
    }

    /// <summary>Returns when the claim is this node's, with null, or when another has it for good.</summary>
    private async Task<string?> SeekAsync(CancellationToken cancellationToken)
    {
        TimeSpan patience = options.NodeLifetime + Slack;
        long start = time.GetTimestamp();
        string? holder = null;
        long? freeSince = null;
        while (true)
        {
            bool isLate = holder is not null && freeSince is null && time.GetElapsedTime(start) > patience;
            if (!shared.IsReachable)
            {
                freeSince = null;
                lack = $"{Unknown}: Redis at {shared.Place} cannot be used";
                if (isLate)
                    return holder;
                if (holder is null && !started.Task.IsCompleted && time.GetElapsedTime(start) > RedisPatience && GoesOnWithout())
                    return null;
            }
            else
            {
                lack = holder is null ? Unknown : $"the node {holder} has the claim to store the messages of this cluster, unless it has died";
                // A claim that is gone may have gone with all that Redis held: its holder has the time of a heartbeat to make it again.
                bool mayBeForgotten = holder is not null || started.Task.IsCompleted;
                string? found = null;
                if (!mayBeForgotten || isLate || (freeSince is { } since && time.GetElapsedTime(since) >= options.NodeLifetime))
                {
                    freeSince = null;
                    (bool isMade, found) = await TryAsync(() => MakeAsync(isLate, cancellationToken));
                    if (isMade)
                        return null;
                    if (found is not null && holder is not null && time.GetElapsedTime(start) > patience)
                        return found;
                }
                else
                {
                    (bool isFree, found) = await TryAsync(() => FindAsync(cancellationToken));
                    freeSince = isFree ? freeSince ?? time.GetTimestamp() : null;
                }

                if (found is not null && holder is null)
                {
                    start = time.GetTimestamp();
                    logger.WaitingForClaim(found, patience.TotalSeconds);
                }

                holder = found ?? holder;
            }

            await Task.Delay(Interval, time, cancellationToken);
        }
    }

    /// <summary>Whether Redis is not waited for: the node starts, and goes on with the claim of its last run if it had one.</summary>
    private bool GoesOnWithout()
    {
        // A folder that was copied is another's.
        if (claim?.Address != node.Address)
        {
            logger.ClaimLater();
            started.TrySetResult(null);
            return false;
        }

        logger.ClaimRemembered();
        lapse.Forget();
        lack = null;
        return true;
    }

    /// <summary>Makes the claim last until another has it for good; returns which.</summary>
    private async Task<string> KeepAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await Task.Delay(Interval, time, cancellationToken);
            bool isDue = lapse.HasLapsed || lapse.SinceRenewed >= options.Heartbeat || shared.Generation != generation;
            if (isDue && shared.IsReachable)
            {
                (_, string? holder) = await TryAsync(() => MakeAsync(goesOverDead: true, cancellationToken));
                if (holder is not null)
                    return holder;
            }

            // As after a restart: what cannot be asked is not waited for.
            if (lapse.Age > RedisPatience)
            {
                logger.ClaimRemembered();
                lapse.Forget();
            }
        }
    }

    private async Task<(bool, string?)> FindAsync(CancellationToken cancellationToken)
    {
        StoreClaimRecord? there = await shared.FindAsync(cancellationToken);
        return (there is null, IsOther(there) ? there.Address : null);
    }

    /// <summary>Makes the claim, or makes it last, unless another node stands in its way.</summary>
    private async Task<(bool IsMade, string? Holder)> MakeAsync(bool goesOverDead, CancellationToken cancellationToken)
    {
        var asked = Moment.Now(time);
        long now = shared.Generation;
        StoreClaimRecord? there = await shared.FindAsync(cancellationToken);
        StoreClaimRecord? last = await shared.FindLastAsync(cancellationToken);
        StoreClaimRecord own = Propose(last);
        // One that has stored makes way only for a claim that holds against its own, and any only if somebody stands behind it.
        if (StandsBefore(there, own) && (await rival.HasClaimedAsync(there, cancellationToken) || await rival.IsStoringAsync(there, cancellationToken)))
            return (false, there.Address);
        if (StandsBefore(last, own) && await rival.IsStoringAsync(last, cancellationToken))
            return (false, last.Address);

        string? over = IsOther(there) ? there.Address : null;
        if (over is not null && !goesOverDead)
            return (false, over);
        if (last is not null && last.Epoch != own.Epoch && last.Term >= own.Term)
            own = own with { Term = last.Term + 1 };
        if (!await shared.MakeAsync(own, over, cancellationToken))
            return (false, null);

        await shared.RememberAsync(own, cancellationToken);
        await file.WriteAsync(own);
        if (over is not null)
            logger.ClaimReplaced(over);
        if (last is not null && last.Epoch != own.Epoch)
            logger.OtherEpoch(last.Epoch, own.Epoch);
        claim = own;
        generation = now;
        lapse.NoteRenewed(asked);
        lack = null;
        return (true, null);
    }

    private StoreClaimRecord Propose(StoreClaimRecord? last)
    {
        string epoch = journal.Epoch;
        StoreClaimRecord? known = last?.Epoch == epoch ? last : null;
        long term = Math.Max(1, Math.Max(claim?.Term ?? 0, known?.Term ?? 0));
        return new StoreClaimRecord(node.Address, node.Incarnation, epoch, term, (claim ?? known)?.Since ?? time.GetUtcNow().ToUnixTimeMilliseconds());
    }

    private bool StandsBefore([NotNullWhen(true)] StoreClaimRecord? found, StoreClaimRecord own) => IsOther(found) && !(lack is null && own.Precedes(found));

    private bool IsOther([NotNullWhen(true)] StoreClaimRecord? found) => found is not null && found.Address != node.Address;

    /// <summary>Nothing is decided by what fails: it is tried again.</summary>
    private async Task<(bool, string?)> TryAsync(Func<Task<(bool, string?)>> attempt)
    {
        try
        {
            return await attempt();
        }
        catch (RedisAwayException)
        {
            // The link says so, and brings it back.
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            if (complaint.IsDue())
                logger.Failed("Claiming to be the node that stores", e);
        }

        return (false, null);
    }
}
