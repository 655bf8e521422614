using System.Globalization;
using PushNode.Auth;
using PushNode.Messages;

namespace PushNode.Push;

/// <summary>One open connection of a user's device, over either transport: its subscriptions, its outbox and its end.</summary>
internal abstract class Connection
{
    /// <summary>The device of a connection that names none.</summary>
    public const string DefaultDevice = "default";

    private const int MaxReconnectDelay = 1000;
    private const int Idle = 0;
    private const int CatchingUp = 1;
    private const int AskedAgain = 2;

    private static long lastId;

    private readonly ConnectionServices services;
    private readonly long id = Interlocked.Increment(ref lastId);
    private Subscription[] subscriptions = [];
    private Dictionary<string, long>? leftTopics;
    private int nextBehind;
    private int catchUp;
    private int closing;
    private bool leaving;
    private long closingSince;

    protected Connection(ConnectionServices services, Identity identity, ConnectRequest request, Outbox outbox)
    {
        this.services = services;
        Outbox = outbox;
        UserId = identity.UserId;
        Device = request.Device;
        AckMode = request.AckMode;
        Since = services.Time.GetUtcNow().ToUnixTimeMilliseconds();
        Identity = identity;
    }

    public string UserId { get; }

    public string Device { get; }

    public AckMode AckMode { get; }

    /// <summary>When it connected, in Unix milliseconds.</summary>
    public long Since { get; }

    /// <summary>The newest token's claims; replaced by the client's <c>auth</c> frame.</summary>
    public Identity Identity { get; set; }

    public Outbox Outbox { get; }

    /// <summary>Done when the channels it asked for when it connected are its subscriptions.</summary>
    public Task Joined { get; set; } = Task.CompletedTask;

    /// <summary>Its index in the node's list of connections.</summary>
    public int ListIndex { get; set; } = -1;

    /// <summary>Unique among the connections of this run of the node.</summary>
    public string Id => id.ToString("x", CultureInfo.InvariantCulture);

    /// <summary>Whether its close has begun, from either side.</summary>
    public bool IsClosed => Volatile.Read(ref closing) != 0;

    /// <summary>The channels it is subscribed to; replaced as a whole when they change.</summary>
    public ReadOnlySpan<Subscription> Subscriptions => Volatile.Read(ref subscriptions);

    /// <summary>Whether it is about to be sent away: what it can prove, it proves at once.</summary>
    public bool IsLeaving
    {
        get => Volatile.Read(ref leaving);
        set => Volatile.Write(ref leaving, value);
    }

    /// <summary>Cancelled when the client has left, for what it has asked for.</summary>
    public virtual CancellationToken ClientGone => CancellationToken.None;

    /// <summary>Whether it has been sent messages that would come again on its next connection, and could still prove that they have arrived.</summary>
    public virtual bool IsUnproved => false;

    protected abstract string Transport { get; }

    protected PushOptions Options => services.Options;

    protected TimeProvider Time => services.Time;

    protected ILogger Logger => services.Logger;

    /// <summary>Puts a message into the outbox; the caller flushes after a <see cref="EnqueueResult.QueuedFirst"/>.</summary>
    public abstract EnqueueResult TryWrite(Message message, Subscription subscription);

    /// <summary>Puts a control frame into the outbox; the caller flushes when it has no more. A client that asks and asks and does not read is cut.</summary>
    public void Enqueue(in ServerFrame frame)
    {
        if (Outbox.TryEnqueue(Encode(frame), FrameKind.Control) == EnqueueResult.Full)
            Abort();
    }

    /// <summary>Its join is over.</summary>
    public virtual void EndJoin() => Joined = Task.CompletedTask;

    /// <summary>Cuts the transport at once.</summary>
    public abstract void Abort();

    /// <summary>A control frame as this transport writes it.</summary>
    protected abstract ReadOnlyMemory<byte> Encode(in ServerFrame frame);

    /// <summary>What is due on this transport: pings, and the end of a silent client. Called about once a second.</summary>
    protected abstract void BeatTransport();

    /// <summary>Puts the transport's closing frame into the outbox as the last one.</summary>
    protected abstract void EnqueueClose(CloseCode code, string reason);

    public ConnectionDetails Describe(string node) => new(Id, node, Device, Transport, Since);

    /// <summary>The transport and the id, for logs.</summary>
    public override string ToString() => $"{Transport} {Id}";

    /// <summary>Puts a control frame into the outbox and flushes.</summary>
    public void Send(in ServerFrame frame)
    {
        Enqueue(frame);
        Flush();
    }

    /// <summary>Starts writing what waits, if nobody is at it. Returns without waiting for the socket.</summary>
    public void Flush()
    {
        try
        {
            ValueTask<bool> flush = Outbox.FlushAsync();
            if (!flush.IsCompletedSuccessfully)
                _ = AwaitAsync(flush);
            else if (!flush.Result)
                Abort();
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    /// <summary>Begins the close: the code and the reason are the last frame; the transport is cut when the client does not answer in time.</summary>
    public void Close(CloseCode code, string reason)
    {
        if (Interlocked.Exchange(ref closing, 1) != 0)
            return;
        Volatile.Write(ref closingSince, Time.GetTimestamp());
        PushLog.Closing(services.Logger, this, UserId, (int)code, reason);
        services.Metrics.CountClosed(code);
        EnqueueClose(code, reason);
        Flush();
    }

    /// <summary>Tells the client to connect again, a random time of up to a second from now so that not all come at once, and begins the close.</summary>
    public void SendAway(string reason)
    {
        if (IsClosed)
            return;
        Outbox.TryEnqueue(Encode(ServerFrame.Reconnect(Random.Shared.Next(MaxReconnectDelay + 1))), FrameKind.Control);
        Close(CloseCode.Draining, reason);
    }

    /// <summary>Some subscription is behind: brings it up to date, in the background.</summary>
    public void CatchUp()
    {
        if (AskToCatchUp())
            _ = Task.Run(() => services.Replay.RunAsync(this));
    }

    /// <summary>Like <see cref="CatchUp"/>, and begins on this thread, which must hold nothing: with nothing to wait for, all is in the outbox on return.</summary>
    public void CatchUpHere()
    {
        if (AskToCatchUp())
            _ = services.Replay.RunAsync(this);
    }

    /// <summary>The next subscription that is behind, in turn; null when there is none, which ends the catching up.</summary>
    public Subscription? TakeBehind()
    {
        do
        {
            // A full fence: the states read below must not be older than this write, or a request that comes in between is lost.
            Interlocked.Exchange(ref catchUp, CatchingUp);
            ReadOnlySpan<Subscription> all = Subscriptions;
            for (int i = 0; i < all.Length && !IsClosed; i++)
            {
                Subscription candidate = all[(nextBehind + i) % all.Length];
                if (candidate.State != SubscriptionState.Behind)
                    continue;
                nextBehind = (nextBehind + i + 1) % all.Length;
                return candidate;
            }
        }
        while (Interlocked.CompareExchange(ref catchUp, Idle, CatchingUp) != CatchingUp);
        return null;
    }

    public Subscription? Find(Channel channel)
    {
        foreach (Subscription subscription in Subscriptions)
        {
            if (subscription.Channel == channel)
                return subscription;
        }

        return null;
    }

    /// <summary>Adds a subscription. Only the connection's own reader changes the set.</summary>
    public void Add(Subscription subscription) => Volatile.Write(ref subscriptions, [.. subscriptions, subscription]);

    /// <summary>Takes a subscription away. Only the connection's own reader changes the set.</summary>
    public void Remove(Subscription subscription) =>
        Volatile.Write(ref subscriptions, Array.FindAll(subscriptions, s => s != subscription));

    /// <summary>Remembers where a topic was left, so that subscribing to it again on this connection repeats nothing.</summary>
    public void LeaveTopic(string topic, long position)
    {
        leftTopics ??= [];
        if (leftTopics.Count < Options.MaxTopicsPerConnection || leftTopics.ContainsKey(topic))
            leftTopics[topic] = position;
    }

    /// <summary>Where this connection left a topic; null when it never had it.</summary>
    public long? FindLeft(string topic) => leftTopics is not null && leftTopics.TryGetValue(topic, out long position) ? position : null;

    /// <summary>The device has everything of the channel up to this seq: its cursor moves, forward only.</summary>
    public void Acknowledge(Subscription subscription, long seq)
    {
        // A seq of another life of the store would move the device past messages that it has never seen.
        if (seq <= subscription.Acknowledged || subscription.Feed.IsOrphaned)
            return;
        subscription.Acknowledged = seq;
        services.Store.MoveCursor(UserId, Device, subscription.Channel, seq, subscription.Epoch);
    }

    /// <summary>Does what is due: token expiry, stuck writes, unanswered closes, then the transport's own. Called about once a second.</summary>
    public void Beat()
    {
        long since = Volatile.Read(ref closingSince);
        if (since != 0)
        {
            if (Time.GetElapsedTime(since) > Options.CloseTimeout)
                Abort();
            return;
        }

        long writing = Outbox.WriteStarted;
        if (writing != 0 && Time.GetElapsedTime(writing) > Options.WriteTimeout)
            Abort();
        else if (Time.GetUtcNow().ToUnixTimeMilliseconds() >= Identity.ExpiresAt)
            Close(CloseCode.Unauthorized, "the token has expired");
        else
            BeatTransport();
    }

    /// <summary>The transport has ended: nothing more is written, waiters go on.</summary>
    protected void End()
    {
        Volatile.Write(ref closing, 1);
        Outbox.Close();
    }

    // True when nobody is at it yet.
    private bool AskToCatchUp() => Interlocked.Exchange(ref catchUp, AskedAgain) == Idle;

    private async Task AwaitAsync(ValueTask<bool> flush)
    {
        try
        {
            if (!await flush)
                Abort();
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    private void Fail(Exception e)
    {
        PushLog.Failed(services.Logger, $"Writing to {UserId}", e);
        Abort();
    }
}
