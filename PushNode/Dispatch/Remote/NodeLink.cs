using PushNode.Messages;
using PushNode.Peers;
using PushNode.Push;

namespace PushNode.Dispatch.Remote;

/// <summary>
/// The way to one run of one push node. Messages wait in a bounded queue; one request is under way at a time, and brings what has gathered meanwhile. While the node is away they
/// are tried again, the stored ones: it drops what it has had. What finds no room or waits too long is left to the store, and the node is told to look there as soon as it takes
/// anything. What is asked and revoked does not wait behind messages.
/// </summary>
internal sealed class NodeLink : IDelivery, IAsyncDisposable
{
    // A connection that has gone is noticed by the first failure.
    private const int MaxFailuresClosing = 1;

    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(2);

    private readonly Peer peer;
    private readonly Peer anyRun;
    private readonly LinkServices services;
    private readonly LinkQueue queue;
    private readonly ParcelPost post;
    private readonly UntoldRevocations untold;
    private readonly Parcel parcel;
    private readonly RetryDelay delay = new(FirstDelay, LongestDelay);
    private readonly CancellationTokenSource life = new();
    private readonly Task loop;
    private long hinted;
    private int failedClosing;
    private bool isOver;
    private bool isAway;
    private bool isMute;
    private volatile bool closing;

    /// <param name="peer">The node and its run.</param>
    /// <param name="services">What every link uses.</param>
    /// <param name="owes">Whether messages for this run have been dropped before.</param>
    /// <param name="untold">What the node has not been told, by this link or those before it.</param>
    public NodeLink(Peer peer, LinkServices services, bool owes = false, UntoldRevocations? untold = null)
    {
        this.peer = peer;
        this.services = services;
        // What is asked holds for whichever run answers: a node that has just taken a new incarnation still has its clients.
        anyRun = peer with { Incarnation = "" };
        queue = new LinkQueue(services.Options, services.Metrics);
        parcel = new Parcel(services.Metrics);
        post = new ParcelPost(services.Peers, services.Options, services.Metrics);
        this.untold = untold ?? new UntoldRevocations(peer, services);
        this.untold.Follow(life.Token);
        if (owes)
            queue.Owe(1);
        loop = Task.Run(RunAsync);
    }

    /// <summary>The run of the node that it leads to.</summary>
    public string Incarnation => peer.Incarnation;

    /// <summary>Whether messages were dropped that the node has not been told to look for in the store.</summary>
    public bool Owes => queue.Dropped != Volatile.Read(ref hinted);

    /// <summary>Puts the messages in line; each is reported when the node has, or when it is given up.</summary>
    public ValueTask DeliverAsync(IReadOnlyList<Message> batch, CancellationToken cancellationToken)
    {
        queue.Add(batch, services.Time.GetTimestamp());
        return ValueTask.CompletedTask;
    }

    public async ValueTask<NodeAnswers<IReadOnlyList<ConnectionDetails>>> FindConnectionsAsync(string userId, CancellationToken cancellationToken) =>
        await AskAsync<IReadOnlyList<ConnectionDetails>>(UserProtocol.DeliverConnections, UserProtocol.User(userId), UserProtocol.ReadConnections, [], cancellationToken);

    public async ValueTask<NodeAnswers<int>> DisconnectAsync(string userId, string? device, CancellationToken cancellationToken) =>
        await AskAsync(UserProtocol.DeliverDisconnect, UserProtocol.Disconnect(userId, device), UserProtocol.ReadDisconnected, 0, cancellationToken);

    /// <summary>Tells the node; one that cannot be told now is told as soon as it can be, though this returns.</summary>
    public async ValueTask<IReadOnlyList<string>> RevokeAsync(string userId, long before, CancellationToken cancellationToken)
    {
        using CancellationTokenSource patience = Patience(cancellationToken);
        try
        {
            await untold.TellAsync([KeyValuePair.Create(userId, before)], patience.Token);
            return [];
        }
        catch (Exception e) when (e is PeerUnavailableException or OperationCanceledException)
        {
            untold.Add(userId, before);
            return [peer.Address];
        }
    }

    /// <summary>The node is to be told to look into the store.</summary>
    public void Owe() => queue.Owe(1);

    /// <summary>Takes nothing more and brings the node what waits, if it takes it at the first or second attempt. Returns then, or when the token fires.</summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        closing = true;
        queue.Close();
        await loop.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>The run of the node is over: gives up what waits.</summary>
    public async ValueTask DisposeAsync()
    {
        queue.Close();
        await life.CancelAsync();
        await loop;
        life.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (!isOver && await queue.WaitAsync(told: hinted, life.Token))
                await DeliverWaitingAsync();
        }
        catch (OperationCanceledException) when (life.IsCancellationRequested)
        {
            // The node has gone.
        }

        queue.Owe(parcel.DropAll(closing ? DropReason.Stopping : DropReason.Gone));
        queue.End();
    }

    /// <summary>Brings the node a parcel, however often that has to be tried; returns when none is left that is to be.</summary>
    private async Task DeliverWaitingAsync()
    {
        while (true)
        {
            queue.DropExpired(parcel, services.Time);
            if (parcel.Count == 0)
                queue.Take(parcel);
            // What is dropped from here on may come to the store after the node has looked there: it is for the next request to tell.
            long dropped = queue.Dropped;
            if (parcel.Count == 0 && dropped == hinted)
                return;
            if (await TrySendAsync(dropped))
                return;
            isOver |= closing && ++failedClosing > MaxFailuresClosing;
            if (isOver)
                return;
            await Task.Delay(delay.Next(), services.Time, life.Token);
        }
    }

    private async Task<bool> TrySendAsync(long dropped)
    {
        try
        {
            await post.SendAsync(peer, MessageProtocol.Deliver, parcel, reconcile: dropped != hinted, life.Token);
            if (isAway)
                DispatchLog.LinkBack(services.Logger, peer.Address, dropped - hinted);
            isAway = false;
            Volatile.Write(ref hinted, dropped);
            delay.Reset();
            return true;
        }
        catch (PeerUnavailableException e)
        {
            NoteFailure(e);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // A fault of ours must not end the link.
            DispatchLog.LinkFailed(services.Logger, peer.Address, e);
            queue.Owe(parcel.DropAll(DropReason.Refused));
        }

        return false;
    }

    private void NoteFailure(PeerUnavailableException failure)
    {
        if (failure.IsOtherIncarnation)
        {
            isOver = true;
            DispatchLog.LinkOver(services.Logger, peer.Address);
        }
        else if (failure.IsForGood)
        {
            DispatchLog.LinkRefused(services.Logger, peer.Address, failure.Message);
            queue.Owe(parcel.DropAll(DropReason.Refused));
        }
        else
        {
            if (!isAway)
                DispatchLog.LinkAway(services.Logger, peer.Address, failure.Message);
            isAway = true;
            if (failure.MayHaveArrived)
                parcel.DropUnsure();
        }
    }

    private async Task<NodeAnswers<T>> AskAsync<T>(string path, PeerWriter question, Reading<NodeAnswers<T>> read, T none, CancellationToken cancellationToken)
    {
        using CancellationTokenSource patience = Patience(cancellationToken);
        string trouble;
        try
        {
            NodeAnswers<T> answer = read(await services.Peers.CallAsync(anyRun, path, question.Written, patience.Token));
            isMute = false;
            return answer;
        }
        catch (Exception e) when (e is PeerUnavailableException or MalformedPeerBodyException)
        {
            trouble = e.Message;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            trouble = "it does not answer";
        }

        if (!isMute)
            DispatchLog.NotAsked(services.Logger, peer.Address, trouble);
        isMute = true;
        return new(none, [peer.Address]);
    }

    /// <summary>Half of the time that our own caller may be waiting on another node, so that it gets what the other push nodes have answered.</summary>
    private CancellationTokenSource Patience(CancellationToken cancellationToken)
    {
        var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(services.Options.Timeout / 2);
        return patience;
    }
}
