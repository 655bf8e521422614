using PushNode.Messages;
using PushNode.Peers;
using PushNode.Settings;

namespace PushNode.Dispatch.Remote;

/// <summary>
/// Has a dispatch node do what this one does not: always the same one while it can, so that messages keep their order, another when it cannot. When none can, the messages wait
/// for one; once none could for <see cref="ClusterOptions.MaxQueuedTime"/>, stored ones are left to the store, where the push nodes find them by the heads.
/// </summary>
internal sealed class RemoteDispatcher(PeerChoice choice, PeerClient peers, ClusterOptions options, TimeProvider time, ILogger<RemoteDispatcher> logger) : IDispatcher
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(2);

    private readonly ParcelPost post = new(peers, options);
    private readonly Lock gate = new();
    private Parcel? spare;
    private string? last;
    private long? awaySince;

    public async ValueTask DispatchAsync(IReadOnlyList<Message> batch, CancellationToken cancellationToken)
    {
        Parcel parcel = Interlocked.Exchange(ref spare, null) ?? new Parcel();
        long now = time.GetTimestamp();
        int next = 0;
        try
        {
            while (next < batch.Count)
            {
                while (next < batch.Count && parcel.TryAdd(new Queued(batch[next], now)))
                    next++;
                await SendAsync(parcel, cancellationToken);
            }
        }
        finally
        {
            // Only where it was cancelled, or met a fault, is anything left: whoever waits for a report is told all the same.
            parcel.DropAll(DropReason.Stopping);
            for (; next < batch.Count; next++)
                DispatchMetrics.GiveUp(batch[next], DropReason.Stopping);
            spare = parcel;
        }
    }

    public async ValueTask<IReadOnlyList<ConnectionDetails>> FindConnectionsAsync(string userId, CancellationToken cancellationToken) =>
        await AskAsync(UserProtocol.DispatchConnections, UserProtocol.User(userId), UserProtocol.ReadConnections, cancellationToken);

    public async ValueTask<int> DisconnectAsync(string userId, string? device, CancellationToken cancellationToken) =>
        await AskAsync(UserProtocol.DispatchDisconnect, UserProtocol.Disconnect(userId, device), UserProtocol.ReadDisconnected, cancellationToken);

    public async ValueTask AnnounceRevocationAsync(string userId, long before, CancellationToken cancellationToken) =>
        await AskAsync(UserProtocol.DispatchRevoked, UserProtocol.Revoked([KeyValuePair.Create(userId, before)]), static answer => answer.Length, cancellationToken);

    /// <summary>Returns when the parcel has been taken or given up; it is empty then.</summary>
    private async Task SendAsync(Parcel parcel, CancellationToken cancellationToken)
    {
        var delay = new RetryDelay(FirstDelay, LongestDelay);
        while (true)
        {
            string trouble = "there is none";
            foreach (Peer peer in choice.Steady(Roles.Dispatch, Volatile.Read(ref last)))
            {
                trouble = await TrySendAsync(peer, parcel, cancellationToken) ?? "";
                if (parcel.Count == 0)
                    return;
            }

            if (!MayWait(trouble))
            {
                parcel.DropAll(DropReason.Expired);
                return;
            }

            await Task.Delay(delay.Next(), time, cancellationToken);
        }
    }

    /// <summary>Null when the node has taken the parcel; else why not.</summary>
    private async Task<string?> TrySendAsync(Peer peer, Parcel parcel, CancellationToken cancellationToken)
    {
        try
        {
            // Whichever run of the node it is: nothing that it knew before matters.
            await post.SendAsync(peer with { Incarnation = "" }, MessageProtocol.Dispatch, parcel, reconcile: false, cancellationToken);
            NoteDispatcher(peer.Address);
            return null;
        }
        catch (PeerUnavailableException e)
        {
            if (e.IsForGood)
            {
                DispatchLog.DispatcherRefused(logger, peer.Address, e.Message);
                parcel.DropAll(DropReason.Refused);
            }
            else if (e.MayHaveArrived)
            {
                parcel.DropUnsure();
            }

            return e.Message;
        }
    }

    private void NoteDispatcher(string address)
    {
        lock (gate)
        {
            if (awaySince is not null || last != address)
                DispatchLog.DispatchesThrough(logger, address);
            awaySince = null;
            last = address;
        }
    }

    /// <summary>No node takes messages: whether to wait for one still. Counted from when that began, so that not every batch waits anew.</summary>
    private bool MayWait(string trouble)
    {
        lock (gate)
        {
            if (awaySince is null)
                DispatchLog.NoDispatcher(logger, options.MaxQueuedTime, trouble);
            awaySince ??= time.GetTimestamp();
            return time.GetElapsedTime(awaySince.Value) < options.MaxQueuedTime;
        }
    }

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
