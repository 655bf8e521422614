using PushNode.Messages;
using PushNode.Storage.Mongo.Driver;

namespace PushNode.Storage.Mongo;

/// <summary>
/// Appends batches, one at a time. Other nodes append to the same channels at the same time: each numbers by what it last knew, and the unique index on
/// (channel, number) decides. A number is only used when the one before it is known to be stored durably, or stands before it in the same ordered insert; so no
/// hole is ever left that could still fill.
/// </summary>
internal sealed class MongoAppender(
    MongoConnection connection, AppendQuery query, HeadQuery heads, MongoOptions options, TimeProvider time, ILogger<MongoAppender> logger, IHeadHints? hints = null)
    : IDisposable
{
    /// <summary>Longer than this nobody goes by what was known before: well below the times of <see cref="ChannelHead"/>.</summary>
    private static readonly TimeSpan Trusted = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan MaxPause = TimeSpan.FromMilliseconds(500);

    // A document that the database will not take, whichever attempt: it does not parse, is too large, or breaks a rule that somebody has set for the collection.
    private static readonly HashSet<int> OfOneMessage = [2, 121, 10334, 17280, 17419, 17420];

    private readonly SemaphoreSlim turn = new(1);
    private readonly RecentHeads recent = new(time);

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <inheritdoc cref="IMessageStore.AppendAsync"/>
    public async ValueTask AppendAsync(IReadOnlyList<Message> messages, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        var batch = new AppendBatch(messages);
        try
        {
            string epoch = connection.Epoch;
            recent.Tidy(epoch);
            await TakeHintsAsync(batch, epoch, cancellationToken);
            await connection.AppendAsync(
                pool =>
                {
                    Store(pool, batch, cancellationToken);
                    return true;
                },
                CancellationToken.None);
            connection.NoteAppend(null);
        }
        catch (StoreUnavailableException)
        {
            // It is said already that the database is away.
        }
        catch (MongoException e)
        {
            string reason = connection.Describe(e);
            if (connection.Trouble is null)
                logger.MongoAppendFailed(batch.Pending.Length, reason);
            connection.NoteAppend(reason);
        }
        finally
        {
            foreach (ChannelNumbering channel in batch.Channels)
            {
                if (channel.Stored > 0)
                    recent.Note(channel.Channel, channel.Stored);
            }

            batch.Finish();
            turn.Release();
        }
    }

    // One that hangs in the driver still gives its turn back.
    public void Dispose()
    {
        if (turn.Wait(0))
            turn.Dispose();
    }

    private async ValueTask TakeHintsAsync(AppendBatch batch, string epoch, CancellationToken cancellationToken)
    {
        Channel[] asked = [.. batch.Channels.Select(static c => c.Channel)];
        long[] hinted = hints is null ? new long[asked.Length] : await hints.ReadAsync(asked, epoch, cancellationToken);
        int i = 0;
        foreach (ChannelNumbering channel in batch.Channels)
        {
            long head = Math.Max(hinted[i++], recent.Find(channel.Channel));
            if (head > 0)
                channel.Learn(head, gap: 0);
        }
    }

    //  Each round: (1) find out what is in doubt; (2) hold numbers that are left out, raise tops; (3) insert as much as goes into a command; (4) what was
    //  inserted is stored; the first that was not says why:
    //      its number is taken:        another node was faster; the channel's rest is numbered again from where the channel is now
    //      its id is taken:            it is looked up: stored by an earlier attempt of ours, or a repeat
    //      it is refused for itself:   it fails, and the rest goes on
    //      no answer, or no majority:  all of it is looked up, until it is certain or the time is over
    //  A batch where nothing goes wrong is one insert, and before it one look for repeated ids where producers gave some.
    private void Store(MongoPool pool, AppendBatch batch, CancellationToken cancellationToken)
    {
        bool lookedForRepeats = !batch.HasProducerIds;
        long lastProgress = time.GetTimestamp();
        int vain = 0;
        while (batch.Pending.Length > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            MongoException? failure = null;
            int before = batch.Pending.Length;
            try
            {
                if (!lookedForRepeats)
                    Settle(pool, batch, [.. Messages(batch, static w => w.Message.HasProducerId)], areOurs: false);
                lookedForRepeats = true;
                FindOut(pool, batch);
                if (batch.Pending.Length > 0)
                    failure = Attempt(pool, batch);
            }
            catch (MongoException e) when (e.IsPassing)
            {
                Distrust(batch.Channels, inDoubt: true);
                failure = e;
            }

            if (batch.Pending.Length < before)
            {
                lastProgress = time.GetTimestamp();
                vain = 0;
            }
            else if (time.GetElapsedTime(lastProgress) >= options.Timeout || connection.Away is not null)
            {
                throw failure ?? new MongoException("other nodes were faster every time", 0, WriteReply.DuplicateKey);
            }
            else
            {
                Pause(vain++, cancellationToken);
            }
        }
    }

    private static IEnumerable<Message> Messages(AppendBatch batch, Func<AppendBatch.Waiting, bool> isWanted)
    {
        var found = new List<Message>();
        foreach (AppendBatch.Waiting waiting in batch.Pending)
        {
            if (isWanted(waiting))
                found.Add(waiting.Message);
        }

        return found;
    }

    // (1)
    private void FindOut(MongoPool pool, AppendBatch batch)
    {
        ChannelNumbering[] doubtful = [.. batch.Channels.Where(static c => c.IsInDoubt)];
        if (doubtful.Length > 0)
            Settle(pool, batch, [.. Messages(batch, static w => w.Channel.IsInDoubt)], areOurs: true);

        // After that: what was found stored is in the heads.
        ChannelNumbering[] unknown = [.. batch.Channels.Where(static c => c.IsHeadUnknown)];
        foreach (ChannelNumbering[] part in unknown.Chunk(HeadQuery.MaxChannels))
        {
            ChannelHead[] found = heads.Read(pool, [.. part.Select(static c => c.Channel)]);
            long now = Now;
            for (int i = 0; i < part.Length; i++)
                part[i].Learn(Math.Max(found[i].BaseAt(now), part[i].Head), found[i].GapAt(now));
        }

        foreach (ChannelNumbering channel in doubtful)
            channel.Trust();
    }

    // Gives those of the messages their outcome that are found stored.
    private void Settle(MongoPool pool, AppendBatch batch, IReadOnlyList<Message> messages, bool areOurs)
    {
        if (messages.Count == 0)
            return;
        Dictionary<(string, string), StoredRecord> found = query.FindStored(pool, messages);
        if (found.Count == 0)
            return;
        foreach (Message message in messages)
        {
            if (!found.TryGetValue((message.Channel.Name, MessageDocument.StoredId(message)), out StoredRecord? record))
                continue;
            if (areOurs && record.Is(message))
                message.Accept(record.Seq);
            else
                message.Repeat(record.Seq);
        }

        batch.RemoveSettled();
    }

    // (2) to (4). Returns why nothing was inserted, where that is worth saying.
    private MongoException? Attempt(MongoPool pool, AppendBatch batch)
    {
        long begun = time.GetTimestamp();
        ReadOnlySpan<AppendBatch.Waiting> part = batch.Pending[..AppendQuery.CountFitting(batch.Pending)];
        long[] seqs = Number(part);
        if (!Reserve(pool, part))
            return null;
        if (time.GetElapsedTime(begun) > Trusted)
        {
            // This process was stopped in the meantime.
            Distrust(batch.Channels, inDoubt: false);
            return null;
        }

        WriteReply reply = Insert(pool, part, seqs);
        if (reply.Unconfirmed is { } reason)
            throw MongoException.Unconfirmed(reason);

        int stored = reply.Index < 0 ? part.Length : reply.Index;
        for (int i = 0; i < stored; i++)
        {
            part[i].Message.Accept(seqs[i]);
            part[i].Channel.Advance(seqs[i]);
        }

        AppendBatch.Waiting first = stored < part.Length ? part[stored] : default;
        batch.RemoveFirst(stored);
        MongoException? failure = reply.Index < 0 ? null : Refused(batch, first, reply);
        batch.RemoveSettled();
        return failure;
    }

    // A message that is too large makes a command that is, and it is in one of its own.
    private WriteReply Insert(MongoPool pool, ReadOnlySpan<AppendBatch.Waiting> part, long[] seqs)
    {
        try
        {
            return query.Insert(pool, part, seqs);
        }
        catch (MongoException e) when (seqs.Length == 1 && e.IsOfServer && OfOneMessage.Contains(e.Code))
        {
            return new WriteReply(0, e.Code, e.Message, null);
        }
    }

    private MongoException? Refused(AppendBatch batch, in AppendBatch.Waiting first, in WriteReply reply)
    {
        if (reply.Code == WriteReply.DuplicateKey)
        {
            bool isNumber = reply.Error?.Contains($"index: {MongoSetup.NumberIndex} ", StringComparison.Ordinal) == true;
            if (isNumber)
                first.Channel.Distrust(inDoubt: false);
            else // Where one is stored by somebody else, or an attempt that was late, more may be.
                Distrust(batch.Channels, inDoubt: true);
            return null;
        }

        if (!OfOneMessage.Contains(reply.Code))
        {
            // What was not tried is not in doubt, and the error is the database's.
            var error = MongoException.OfServer(reply.Error ?? "", reply.Code);
            first.Channel.Distrust(inDoubt: true);
            return error.IsPassing ? error : throw error;
        }

        logger.MessageRefused(first.Message.Id, first.Message.Channel.Name, reply.Error ?? "");
        first.Message.Fail();
        return null;
    }

    private static long[] Number(ReadOnlySpan<AppendBatch.Waiting> part)
    {
        var seqs = new long[part.Length];
        foreach (AppendBatch.Waiting waiting in part)
            waiting.Channel.Next = waiting.Channel.Head + 1;
        for (int i = 0; i < part.Length; i++)
            seqs[i] = part[i].Channel.Next++;
        return seqs;
    }

    /// <summary>Makes sure that the numbers may be used; false when that has to be found out again.</summary>
    private bool Reserve(MongoPool pool, ReadOnlySpan<AppendBatch.Waiting> part)
    {
        HashSet<ChannelNumbering>? gaps = null, tops = null;
        foreach (AppendBatch.Waiting waiting in part)
        {
            if (waiting.Channel.Gap > 0)
                (gaps ??= []).Add(waiting.Channel);
            if (waiting.Channel.Next - 1 > waiting.Channel.Top)
                (tops ??= []).Add(waiting.Channel);
        }

        if (gaps is not null)
        {
            WriteReply held = query.Hold(pool, gaps, Now);
            if (held.HasFailed)
            {
                Distrust(gaps, inDoubt: false);
                if (held.Code != WriteReply.DuplicateKey)
                    held.ThrowIfFailed();
                return false;
            }

            foreach (ChannelNumbering channel in gaps)
                channel.Gap = 0;
        }

        if (tops is not null)
            query.Raise(pool, [.. tops.Select(static c => (c, ChannelHead.TopFor(c.Next - 1)))], Now);
        return true;
    }

    private static void Distrust(IEnumerable<ChannelNumbering> channels, bool inDoubt)
    {
        foreach (ChannelNumbering channel in channels)
            channel.Distrust(inDoubt);
    }

    // Blocks, on a thread of its own. Not all of those who were too slow come again at the same time.
    private static void Pause(int vain, CancellationToken cancellationToken)
    {
        if (vain == 0)
            return;
        double most = Math.Min(MaxPause.TotalMilliseconds, Math.Pow(2, vain));
        cancellationToken.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(Random.Shared.NextDouble() * most));
    }
}
