using PushNode.Diagnostics;
using PushNode.Messages;
using PushNode.Peers;
using PushNode.Settings;

namespace PushNode.Dispatch.Remote;

/// <summary>
/// Has a dispatch node do what this one does not: always the same one while it can, so that messages keep their order, another when it cannot. Messages wait in a bounded queue;
/// one request is under way at a time, and brings what has gathered meanwhile. What finds no room, or could not be brought for <see cref="ClusterOptions.MaxQueuedTime"/>, is left to
/// the store if it is there: the push nodes find it by the heads.
/// </summary>
internal sealed class RemoteDispatcher : LastToStop, IDispatcher, IAsyncDisposable
{
    // Another node may be found at the second attempt; it must not hold up the end of this one.
    private const int MaxFailuresClosing = 1;

    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ComplaintInterval = TimeSpan.FromMinutes(1);

    /// <summary>How long a full queue holds producers back, once, before it drops messages instead.</summary>
    private static readonly TimeSpan Hesitation = TimeSpan.FromMilliseconds(500);

    private static readonly string[] NobodyTold = ["dispatch"];

    private readonly PeerChoice choice;
    private readonly PeerClient peers;
    private readonly ClusterOptions options;
    private readonly TimeProvider time;
    private readonly ILogger<RemoteDispatcher> logger;
    private readonly ParcelPost post;
    private readonly LinkQueue queue;
    private readonly Occasional complaint;
    private readonly Parcel parcel;
    private readonly UntoldRevocations untold;
    private readonly CancellationTokenSource life = new();
    private readonly Task loop;
    private string? last;
    private long told;
    private int failedClosing;
    private bool isAway;
    private bool isOver;
    private bool disposed;
    private volatile bool stands;
    private volatile bool closing;

    public RemoteDispatcher(PeerChoice choice, PeerClient peers, ClusterOptions options, DispatchMetrics metrics, TimeProvider time, ILogger<RemoteDispatcher> logger)
    {
        this.choice = choice;
        this.peers = peers;
        this.options = options;
        this.time = time;
        this.logger = logger;
        parcel = new Parcel(metrics);
        post = new ParcelPost(peers, options, metrics);
        queue = new LinkQueue(options, metrics);
        complaint = new Occasional(time, ComplaintInterval);
        untold = new UntoldRevocations("dispatch nodes", TellAsync, time, logger);
        untold.Follow(life.Token);
        loop = Task.Run(RunAsync);
    }

    /// <summary>
    /// Puts the messages in line. Where there is no room it waits as long as the line moves, so that producers are held back by nodes that are merely slower than the store; when it
    /// has stood still for half a second, it waits no more until it moves again.
    /// </summary>
    public async ValueTask DispatchAsync(IReadOnlyList<Message> batch, CancellationToken cancellationToken)
    {
        long now = time.GetTimestamp();
        int next = queue.TryAdd(batch, 0, now);
        try
        {
            while (next < batch.Count && !stands && !closing)
            {
                // Asked for before it is tried: what moves in between is not missed.
                Task room = queue.Room;
                int added = queue.TryAdd(batch, next, now);
                if (added == next)
                    await WaitAsync(room, cancellationToken);
                next = added;
            }
        }
        finally
        {
            if (next < batch.Count && !closing && complaint.IsDue())
                DispatchLog.DispatchersFull(logger);
            queue.Drop(batch, next);
        }
    }

    public async ValueTask<NodeAnswers<IReadOnlyList<ConnectionDetails>>> FindConnectionsAsync(string userId, CancellationToken cancellationToken) =>
        await AskAsync(UserProtocol.DispatchConnections, UserProtocol.User(userId), UserProtocol.ReadConnections, cancellationToken);

    public async ValueTask<NodeAnswers<int>> DisconnectAsync(string userId, string? device, CancellationToken cancellationToken) =>
        await AskAsync(UserProtocol.DispatchDisconnect, UserProtocol.Disconnect(userId, device), UserProtocol.ReadDisconnected, cancellationToken);

    /// <summary>When no node that dispatches can be asked, one will be as soon as it answers: <c>dispatch</c> is named then.</summary>
    public async ValueTask<IReadOnlyList<string>> AnnounceRevocationAsync(string userId, long before, CancellationToken cancellationToken)
    {
        try
        {
            return await TellAsync(UserProtocol.Revoked([KeyValuePair.Create(userId, before)]), cancellationToken);
        }
        catch (PeerUnavailableException)
        {
            untold.Add(userId, before);
            return NobodyTold;
        }
    }

    public override async Task StoppedAsync(CancellationToken cancellationToken)
    {
        closing = true;
        queue.Close();
        await loop.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public async ValueTask DisposeAsync()
    {
        // The container may dispose of a service once for each of its names.
        if (disposed)
            return;
        disposed = closing = true;
        queue.Close();
        await life.CancelAsync();
        await loop;
        life.Dispose();
    }

    private async Task WaitAsync(Task room, CancellationToken cancellationToken)
    {
        try
        {
            await room.WaitAsync(Hesitation, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            stands = true;
        }
    }

    private async Task RunAsync()
    {
        try
        {
            while (!isOver && await queue.WaitAsync(told: null, life.Token))
                await SendWaitingAsync();
        }
        catch (OperationCanceledException) when (life.IsCancellationRequested)
        {
            // This node stops.
        }

        parcel.DropAll(DropReason.Stopping);
        queue.End();
    }

    /// <summary>Brings a parcel to a node, however often that has to be tried; returns when none is left that is to be.</summary>
    private async Task SendWaitingAsync()
    {
        var delay = new RetryDelay(FirstDelay, LongestDelay);
        while (true)
        {
            queue.DropExpired(parcel, time);
            if (parcel.Count == 0)
                queue.Take(parcel);
            string trouble = "there is none";
            foreach (Peer peer in parcel.Count == 0 ? [] : choice.Steady(Roles.Dispatch, last))
            {
                trouble = await TrySendAsync(peer) ?? "";
                if (parcel.Count == 0)
                    break;
            }

            if (parcel.Count == 0)
                return;
            if (!isAway)
                DispatchLog.NoDispatcher(logger, options.MaxQueuedTime, trouble);
            isAway = true;
            isOver |= closing && ++failedClosing > MaxFailuresClosing;
            if (isOver)
                return;
            await Task.Delay(delay.Next(), time, life.Token);
        }
    }

    /// <summary>Null when the node has taken the parcel; else why not.</summary>
    private async Task<string?> TrySendAsync(Peer peer)
    {
        try
        {
            // Whichever run of the node it is: nothing that it knew before matters.
            await post.SendAsync(peer with { Incarnation = "" }, MessageProtocol.Dispatch, parcel, reconcile: false, life.Token);
            NoteDispatcher(peer.Address);
            return null;
        }
        catch (PeerUnavailableException e)
        {
            if (e.IsForGood)
            {
                DispatchLog.DispatcherRefused(logger, peer.Address, e.Message);
                queue.Owe(parcel.DropAll(DropReason.Refused));
            }
            else if (e.MayHaveArrived)
            {
                parcel.DropUnsure();
            }

            return e.Message;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A fault of ours must not end the dispatching.
            DispatchLog.DispatcherFailed(logger, peer.Address, e);
            queue.Owe(parcel.DropAll(DropReason.Refused));
            return e.Message;
        }
    }

    private void NoteDispatcher(string address)
    {
        stands = false;
        if (!isAway && last == address)
            return;
        long dropped = queue.Dropped;
        DispatchLog.DispatchesThrough(logger, address, dropped - told);
        told = dropped;
        isAway = false;
        last = address;
    }

    private Task<IReadOnlyList<string>> TellAsync(PeerWriter revoked, CancellationToken cancellationToken) =>
        AskAsync(UserProtocol.DispatchRevoked, revoked, UserProtocol.ReadUntold, cancellationToken);

    private async Task<T> AskAsync<T>(string path, PeerWriter question, Reading<T> read, CancellationToken cancellationToken)
    {
        Exception? trouble = null;
        foreach (Peer peer in choice.InTurn(Roles.Dispatch))
        {
            try
            {
                return read(await peers.CallAsync(peer with { Incarnation = "" }, path, question.Written, cancellationToken));
            }
            catch (Exception e) when (e is PeerUnavailableException or MalformedPeerBodyException)
            {
                trouble = e;
            }
        }

        throw new PeerUnavailableException($"no node that dispatches can be asked{(trouble is null ? "" : $": {trouble.Message}")}", mayHaveArrived: trouble is not null, trouble);
    }
}
