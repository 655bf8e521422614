using PushNode.Messages;
using PushNode.Peers;
using PushNode.Storage.Cursors;

namespace PushNode.Storage.Remote;

/// <summary>
/// The way to the node that stores. Once a second it asks how the store is; while that fails, everything else is refused at once, so that nobody waits
/// for a node that is known to be away.
/// </summary>
/// <param name="directory">The other nodes.</param>
/// <param name="client">Asks them.</param>
/// <param name="pending">The cursors that wait to be written.</param>
/// <param name="hasClients">Whether there are clients here who wait while the store is away.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed class StoreLink(IPeerDirectory directory, PeerClient client, PendingCursors pending, bool hasClients, TimeProvider time, ILogger<StoreLink> logger) : IStoreWatch, IStoreConnection
{
    private const string NoStore = "no node of the cluster stores messages at the moment: start one with the collect role";
    private const string NotAsked = "the message store has not been asked yet";

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AwayInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan StartGrace = TimeSpan.FromSeconds(10);

    private readonly Signal wake = new(time);
    private readonly Lock changing = new();
    private volatile StoreContact? contact;
    private volatile string? away;
    private volatile string? trouble;
    private volatile string? answering;
    private volatile Peer? lastStoring;
    private Action? epochChanged;
    private Action? restarted;
    private long awaySince;
    private StoreContact? lost;
    private bool isReported;
    private long asks;
    private long changedAt;

    /// <exception cref="StoreUnavailableException">The store has never answered yet.</exception>
    public string Epoch => contact?.Epoch ?? throw new StoreUnavailableException(Away ?? NotAsked);

    /// <summary>Why the store cannot be asked, as last known; null when it can.</summary>
    public string? Away => away ?? (contact is null ? NotAsked : null);

    /// <summary>Why the store cannot be asked, or takes no messages, as last known; null when all is well.</summary>
    public string? Trouble => Away ?? trouble;

    public void OnEpochChanged(Action listener) => epochChanged += listener;

    public void OnRestarted(Action listener) => restarted += listener;

    /// <summary>Asks the store.</summary>
    /// <param name="path">What, of <see cref="StoreProtocol"/>.</param>
    /// <param name="request">The body; it must not change until the answer is there.</param>
    /// <param name="read">Reads the answer.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <exception cref="StoreUnavailableException">There is no answer that can be used.</exception>
    public async Task<T> AskAsync<T>(string path, PeerWriter request, AnswerReader<T> read, CancellationToken cancellationToken)
    {
        if (away is { } reason)
            throw new StoreUnavailableException(reason);
        try
        {
            return await CallAsync(path, request, read, cancellationToken);
        }
        catch (StoreUnavailableException)
        {
            wake.Set();
            throw;
        }
    }

    /// <summary>Keeps <see cref="Epoch"/> and <see cref="Trouble"/> up to date until it is cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        directory.OnChanged(wake.Set);
        while (true)
        {
            await PollAsync(cancellationToken);
            await wake.WaitAsync(away is null ? Interval : AwayInterval, cancellationToken);
        }
    }

    private static string? ReadStatus(ref PeerReader answer) => answer.Flag() ? answer.Text() : null;

    private async Task PollAsync(CancellationToken cancellationToken)
    {
        try
        {
            trouble = await CallAsync(StoreProtocol.Status, new PeerWriter(), ReadStatus, cancellationToken);
            if (isReported)
                logger.StoreBack(answering ?? "");
            isReported = false;
            // What the same run stored while it could not be asked, its dispatches may not have brought.
            if (away is not null && lost is not null && lost == contact)
                restarted?.Invoke();
            away = null;
        }
        catch (StoreUnavailableException e)
        {
            if (away is null)
            {
                awaySince = time.GetTimestamp();
                lost = contact;
            }

            away = e.Message;
            if (isReported || time.GetElapsedTime(awaySince) < GraceFor(e))
                return;
            isReported = true;
            if (hasClients)
                logger.StoreAway(e.Message);
            else
                logger.StoreMissed(e.Message);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            logger.StorePollFailed(e);
        }
    }

    // The nodes of a cluster start one after another, and a restart takes a moment: neither is worth a warning. What refuses this node will go on doing so.
    private TimeSpan GraceFor(StoreUnavailableException e) =>
        contact is null && e.InnerException is not PeerUnavailableException { IsAnswer: true } ? StartGrace : Grace;

    private async Task<T> CallAsync<T>(string path, PeerWriter request, AnswerReader<T> read, CancellationToken cancellationToken)
    {
        long number = Interlocked.Increment(ref asks);
        (Peer peer, byte[] body) = await CallAsync(path, request.Written, cancellationToken);
        T answer;
        StoreContact from;
        try
        {
            (answer, from) = Read(body, read);
        }
        catch (MalformedPeerBodyException e)
        {
            throw new StoreUnavailableException($"what {peer.Address} answers for the store cannot be read: {e.Message}", e);
        }

        if (!Note(from, number))
            throw new StoreUnavailableException("the message store has changed meanwhile");
        return answer;
    }

    private static (T Answer, StoreContact From) Read<T>(byte[] body, AnswerReader<T> read)
    {
        var reader = new PeerReader(body);
        string epoch = reader.Text();
        string run = reader.Text();
        if (!Names.IsWord(epoch) || !Names.IsWord(run))
            throw new MalformedPeerBodyException(0, "it does not begin with an epoch and a run");
        T answer = read(ref reader);
        reader.End();
        return (answer, new StoreContact(epoch, run));
    }

    // There is one node that stores; while it moves to another address, the one of before may still be listed.
    private async Task<(Peer Peer, byte[] Answer)> CallAsync(string path, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        PeerUnavailableException? failure = null;
        Peer[] storing = [.. directory.Peers.Where(static p => p.Stores).OrderByDescending(p => p.Address == answering)];
        // One that alone has lost Redis is listed no more, and may be well.
        if (storing.Length == 0 && lastStoring is { } last)
            storing = [last];
        foreach (Peer peer in storing)
        {
            try
            {
                // Whichever run it is: what matters is the store, and its answer tells which that is.
                byte[] answer = await client.CallAsync(peer with { Incarnation = "" }, path, body, cancellationToken);
                answering = peer.Address;
                lastStoring = peer;
                return (peer, answer);
            }
            catch (PeerUnavailableException e)
            {
                failure ??= e;
            }
        }

        throw failure is null ? new StoreUnavailableException(NoStore) : new StoreUnavailableException($"the message store cannot be asked: {failure.Message}", failure);
    }

    /// <summary>Takes up who has answered; false when the answer was overtaken by a change.</summary>
    private bool Note(StoreContact from, long number)
    {
        if (contact == from)
            return true;
        lock (changing)
        {
            StoreContact? before = contact;
            if (before == from)
                return true;
            if (number <= changedAt)
                return false;
            changedAt = Volatile.Read(ref asks);
            if (before?.Epoch != from.Epoch)
                Begin(before, from);
            contact = from;
            if (before is not null && before.Epoch == from.Epoch)
            {
                logger.StoreRestarted(answering ?? "");
                restarted?.Invoke();
            }

            return true;
        }
    }

    // In this order: cursors moved until the connections of before are closed are of the old epoch, and go with it.
    private void Begin(StoreContact? before, StoreContact from)
    {
        if (before is null)
        {
            logger.StoreFound(answering ?? "", from.Epoch);
        }
        else
        {
            logger.StoreEpochChanged(before.Epoch, from.Epoch);
            epochChanged?.Invoke();
        }

        pending.StartOver(from.Epoch);
    }
}
