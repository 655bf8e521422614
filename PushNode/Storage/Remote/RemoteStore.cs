using PushNode.Messages;
using PushNode.Peers;
using PushNode.Storage.Cursors;

namespace PushNode.Storage.Remote;

/// <summary>
/// The store as the other nodes see it: they ask the one that stores. Messages read here have their channel, seq and frame, which is what a client is sent, and
/// nothing else. Cursors move here at once, and are taken to the store soon.
/// </summary>
internal sealed class RemoteStore : IMessageStore
{
    // Two lanes, so that a node far away is not asked only once per round trip; pages may have to wait for the disk.
    private const int Lanes = 2;
    private const int PageLanes = 4;

    private readonly StoreLink link;
    private readonly PendingCursors pending;
    private readonly CursorWriter writer;
    private readonly Gathering<PageAsk, MessagePage> pages;
    private readonly Gathering<IReadOnlyList<Channel>, long[]> heads;
    private readonly Gathering<CursorAsk, long?[]> cursors;

    public RemoteStore(StoreLink link, PendingCursors pending, CursorWriter writer)
    {
        this.link = link;
        this.pending = pending;
        this.writer = writer;
        pages = new(AskPagesAsync, static _ => 1, StoreProtocol.MaxPages, PageLanes);
        heads = new(AskHeadsAsync, static channels => channels.Count, StoreProtocol.MaxChannels, Lanes);
        cursors = new(AskCursorsAsync, static ask => ask.Channels.Count, StoreProtocol.MaxChannels, Lanes);
    }

    /// <inheritdoc/>
    /// <exception cref="StoreUnavailableException">The store has not answered since this node has started.</exception>
    public string Epoch => link.Epoch;

    public string? Trouble => link.Trouble;

    public string? Away => link.Away;

    /// <summary>Fails every message: only the node that stores appends, as it is the one that collects.</summary>
    public ValueTask AppendAsync(IReadOnlyList<Message> batch, CancellationToken cancellationToken)
    {
        foreach (Message message in batch)
            message.Fail();
        return ValueTask.CompletedTask;
    }

    public ValueTask<MessagePage> ReadAsync(Channel channel, long after, int maxBytes, CancellationToken cancellationToken) =>
        new(pages.AskAsync(new PageAsk(channel, after, maxBytes), cancellationToken));

    public async ValueTask<Message?> FindAsync(Channel channel, long seq, CancellationToken cancellationToken) =>
        await link.AskAsync(
            StoreProtocol.Find,
            StoreQuestions.Find(channel, seq),
            (ref PeerReader answer) => StoreAnswers.Find(ref answer, channel, seq),
            cancellationToken);

    public async ValueTask<long[]> ReadHeadsAsync(IReadOnlyList<Channel> channels, CancellationToken cancellationToken)
    {
        if (channels.Count <= StoreProtocol.MaxChannels)
            return await heads.AskAsync(channels, cancellationToken);
        long[][] parts = await Task.WhenAll(channels.Chunk(StoreProtocol.MaxChannels).Select(part => heads.AskAsync(part, cancellationToken)));
        return [.. parts.SelectMany(static p => p)];
    }

    public async ValueTask<long?[]> ReadCursorsAsync(string userId, string device, IReadOnlyList<Channel> channels, CancellationToken cancellationToken)
    {
        // Before asking: one that has left here by the time the answer comes may not have been there when it was given.
        long?[] moved = pending.Find(userId, device, channels);
        long?[][] parts = await Task.WhenAll(channels.Chunk(StoreProtocol.MaxChannels).Select(part => cursors.AskAsync(new CursorAsk(userId, device, part), cancellationToken)));
        return PendingCursors.Merge(moved, [.. parts.SelectMany(static p => p)]);
    }

    public void MoveCursor(string userId, string device, Channel channel, long seq, string epoch) =>
        pending.Move(new CursorKey(userId, device, channel), seq, epoch);

    public Task SaveCursorsAsync(CancellationToken cancellationToken) => writer.SaveAsync(cancellationToken);

    public async ValueTask<IReadOnlyList<DeviceCursor>> ListCursorsAsync(Channel channel, int limit, CancellationToken cancellationToken)
    {
        await writer.SaveAsync(cancellationToken);
        return await link.AskAsync(StoreProtocol.Devices, StoreQuestions.Devices(channel, limit), StoreAnswers.Devices, cancellationToken);
    }

    public async ValueTask RevokeAsync(string userId, long before, CancellationToken cancellationToken) =>
        await link.AskAsync(StoreProtocol.Revoke, StoreQuestions.Revoke(userId, before), static (ref PeerReader _) => true, cancellationToken);

    public async ValueTask<IReadOnlyList<KeyValuePair<string, long>>> ListRevocationsAsync(CancellationToken cancellationToken)
    {
        var all = new List<KeyValuePair<string, long>>();
        bool more = true;
        while (more)
        {
            PeerWriter question = StoreQuestions.Revocations(all.Count == 0 ? "" : all[^1].Key);
            (List<KeyValuePair<string, long>> part, more) = await link.AskAsync(StoreProtocol.Revocations, question, StoreAnswers.Revocations, cancellationToken);
            all.AddRange(part);
        }

        return all;
    }

    private Task<MessagePage[]> AskPagesAsync(IReadOnlyList<PageAsk> asks) =>
        link.AskAsync(StoreProtocol.Read, StoreQuestions.Pages(asks), (ref PeerReader answer) => StoreAnswers.Pages(ref answer, asks), CancellationToken.None);

    private Task<long[][]> AskHeadsAsync(IReadOnlyList<IReadOnlyList<Channel>> asks) =>
        link.AskAsync(StoreProtocol.Heads, StoreQuestions.Heads(asks), (ref PeerReader answer) => StoreAnswers.Heads(ref answer, asks), CancellationToken.None);

    private Task<long?[][]> AskCursorsAsync(IReadOnlyList<CursorAsk> asks) =>
        link.AskAsync(StoreProtocol.Cursors, StoreQuestions.Cursors(asks), (ref PeerReader answer) => StoreAnswers.Cursors(ref answer, asks), CancellationToken.None);
}
