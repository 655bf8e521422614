using PushNode.Messages;
using PushNode.Storage.Cursors;

namespace PushNode.Storage.Mongo;

/// <summary>The message store in MongoDB, which any number of nodes share. What it writes a majority of the servers holds durably, and it reads nothing else.</summary>
internal sealed class MongoMessageStore : IMessageStore
{
    private const int Lanes = 2;
    private const int MaxTries = 5;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly MongoConnection connection;
    private readonly MongoAppender appender;
    private readonly PageQuery pages;
    private readonly HeadQuery heads;
    private readonly CursorQuery cursors;
    private readonly RevocationQuery revocations;
    private readonly PendingCursors pending;
    private readonly CursorWriter writer;
    private readonly TimeProvider time;
    private readonly Gathering<IReadOnlyList<Channel>, ChannelHead[]> headsAsked;
    private readonly Gathering<CursorAsk, long?[]> cursorsAsked;

    public MongoMessageStore(
        MongoConnection connection,
        MongoAppender appender,
        PageQuery pages,
        HeadQuery heads,
        CursorQuery cursors,
        RevocationQuery revocations,
        PendingCursors pending,
        CursorWriter writer,
        TimeProvider time)
    {
        this.connection = connection;
        this.appender = appender;
        this.pages = pages;
        this.heads = heads;
        this.cursors = cursors;
        this.revocations = revocations;
        this.pending = pending;
        this.writer = writer;
        this.time = time;
        headsAsked = new(AskHeadsAsync, static channels => channels.Count, HeadQuery.MaxChannels, Lanes);
        cursorsAsked = new(AskCursorsAsync, static ask => ask.Channels.Count, CursorQuery.MaxCursors, Lanes);
    }

    /// <inheritdoc/>
    /// <exception cref="StoreUnavailableException">MongoDB has not been reached since this node has started.</exception>
    public string Epoch => connection.Epoch;

    public string? Trouble => connection.Trouble;

    public string? Away => connection.Away;

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    public ValueTask AppendAsync(IReadOnlyList<Message> batch, CancellationToken cancellationToken) => appender.AppendAsync(batch, cancellationToken);

    public async ValueTask<MessagePage> ReadAsync(Channel channel, long after, int maxBytes, CancellationToken cancellationToken)
    {
        for (int i = 0; i < MaxTries; i++)
        {
            // Before asking: what was young then may not be when this process has been suspended in between, but others numbered by it.
            long now = Now;
            PageFound found = await connection.ReadAsync(pool => pages.Read(pool, channel, after, maxBytes, Now), cancellationToken);
            // Where the last record is young there is none behind it, and nothing else needs to be asked.
            if (found.IsEnd && found.Last > 0 && ChannelHead.IsHead(found.LastTime, now))
                return new MessagePage(found.Messages, found.Last, found.Last);
            ChannelHead head = (await ReadChannelHeadsAsync([channel], cancellationToken))[0];
            long newest = Math.Max(head.HeadAt(now), found.Last);
            // Whoever asks from behind the head is taken for one of an earlier life of the store, when it stays so.
            bool isBehind = newest < after && i < MaxTries - 1;
            if (!found.IsEnd || isBehind || head.Newest > Math.Max(found.Last, after))
            {
                if (found.Through > after)
                    return new MessagePage(found.Messages, found.Through, newest);
                // It came in between, or another server has become the primary and does not know yet what the one before had confirmed.
                await Task.Delay(Pause, time, cancellationToken);
                continue;
            }

            return new MessagePage(found.Messages, newest, newest);
        }

        throw new StoreUnavailableException("MongoDB does not return messages that it has confirmed");
    }

    public async ValueTask<Message?> FindAsync(Channel channel, long seq, CancellationToken cancellationToken) =>
        await connection.ReadAsync(pool => pages.Find(pool, channel, seq, Now), cancellationToken);

    public async ValueTask<long[]> ReadHeadsAsync(IReadOnlyList<Channel> channels, CancellationToken cancellationToken)
    {
        // Before asking, as above.
        long now = Now;
        ChannelHead[] found = await ReadChannelHeadsAsync(channels, cancellationToken);
        return [.. found.Select(h => h.HeadAt(now))];
    }

    public async ValueTask<long?[]> ReadCursorsAsync(string userId, string device, IReadOnlyList<Channel> channels, CancellationToken cancellationToken)
    {
        // Before asking: one that has left here by the time the answer comes may not have been there when it was given.
        long?[] moved = pending.Find(userId, device, channels);
        long?[][] parts = await Task.WhenAll(channels.Chunk(CursorQuery.MaxCursors).Select(part => cursorsAsked.AskAsync(new CursorAsk(userId, device, part), cancellationToken)));
        return PendingCursors.Merge(moved, [.. parts.SelectMany(static p => p)]);
    }

    public void MoveCursor(string userId, string device, Channel channel, long seq, string epoch) => pending.Move(new CursorKey(userId, device, channel), seq, epoch);

    public Task SaveCursorsAsync(CancellationToken cancellationToken) => writer.SaveAsync(cancellationToken);

    public async ValueTask<IReadOnlyList<DeviceCursor>> ListCursorsAsync(Channel channel, int limit, CancellationToken cancellationToken)
    {
        if (limit <= 0)
            return [];
        await writer.SaveAsync(cancellationToken);
        string epoch = Epoch;
        return await connection.ReadAsync(pool => cursors.List(pool, channel, limit, epoch), cancellationToken);
    }

    public async ValueTask RevokeAsync(string userId, long before, CancellationToken cancellationToken) =>
        await connection.WriteAsync(pool => revocations.Write(pool, userId, before), cancellationToken);

    public async ValueTask<IReadOnlyList<KeyValuePair<string, long>>> ListRevocationsAsync(CancellationToken cancellationToken)
    {
        var all = new List<KeyValuePair<string, long>>();
        List<KeyValuePair<string, long>> part;
        do
        {
            string after = all.Count == 0 ? "" : all[^1].Key;
            part = await connection.ReadAsync(pool => revocations.List(pool, after), cancellationToken);
            all.AddRange(part);
        }
        while (part.Count == RevocationQuery.Page);

        return all;
    }

    private async Task<ChannelHead[]> ReadChannelHeadsAsync(IReadOnlyList<Channel> channels, CancellationToken cancellationToken)
    {
        if (channels.Count <= HeadQuery.MaxChannels)
            return await headsAsked.AskAsync(channels, cancellationToken);
        ChannelHead[][] parts = await Task.WhenAll(channels.Chunk(HeadQuery.MaxChannels).Select(part => headsAsked.AskAsync(part, cancellationToken)));
        return [.. parts.SelectMany(static p => p)];
    }

    private async Task<ChannelHead[][]> AskHeadsAsync(IReadOnlyList<IReadOnlyList<Channel>> asks)
    {
        ChannelHead[] found = await connection.ReadAsync(pool => heads.Read(pool, [.. asks.SelectMany(static a => a)]), CancellationToken.None);
        var answers = new ChannelHead[asks.Count][];
        int start = 0;
        for (int i = 0; i < answers.Length; i++)
        {
            answers[i] = found[start..(start + asks[i].Count)];
            start += asks[i].Count;
        }

        return answers;
    }

    private Task<long?[][]> AskCursorsAsync(IReadOnlyList<CursorAsk> asks)
    {
        string epoch = Epoch;
        return connection.ReadAsync(pool => cursors.Read(pool, asks, epoch), CancellationToken.None);
    }
}
