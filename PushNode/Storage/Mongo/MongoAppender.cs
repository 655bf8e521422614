using PushNode.Diagnostics;
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

    /// <summary>
    /// A message that has waited longer is refused: its producer has long gone. What is stored counts from when it was accepted, for how long it is kept and for where
    /// the channel's head is.
    /// </summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromHours(1);

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
            connection.NoteAppended();
        }
        catch (StoreUnavailableException)
        {
            // It is said already that the database is away.
        }
        catch (MongoException e)
        {
            connection.NoteRefused(batch.Pending.Length, e);
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
        var asked = Moment.Now(time);
        Channel[] wanted = [.. batch.Channels.Select(static c => c.Channel)];
        long[] hinted = hints is null ? new long[wanted.Length] : await hints.ReadAsync(wanted, epoch, cancellationToken);
        int i = 0;
        foreach (ChannelNumbering channel in batch.Channels)
        {
            long head = Math.Max(hinted[i++], recent.Find(channel.Channel));
            if (head > 0)
                channel.TakeHint(head, asked);
        }
    }

    //  Each round: (1) find out what is in doubt; (2) hold numbers that are left out, raise tops; (3) insert as much as goes into a command; (4) what was
    //  inserted is stored; the first that was not says why:
    //      its number is taken:        another node was faster; the channel's rest is numbered again from where the channel is now. When that happens twice, the
    //                                  hints are bad, and every channel is asked for
    //      its id is taken:            it is looked up: stored by an earlier attempt of ours, or a repeat
    //      it is refused for itself:   it fails, and the rest goes on
    //      no answer, or no majority:  all of it is looked up, until it is certain or the time is over
    //  A batch where nothing goes wrong is one insert, and before it one look for repeated ids where producers gave some.
    private void Store(MongoPool pool, AppendBatch batch, CancellationToken cancellationToken)
    {
        bool lookedForRepeats = !batch.HasProducerIds;
        batch.LastProgress = time.GetTimestamp();
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
                batch.HasLostAnswer = true;
                failure = e;
            }

            if (batch.Pending.Length < before)
            {
                batch.LastProgress = time.GetTimestamp();
                vain = 0;
            }
            else if (time.GetElapsedTime(batch.LastProgress) >= options.Timeout || connection.Away is not null)
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
            Settle(pool, batch, [.. Messages(batch, static w => w.Channel.IsInDoubt)], areOurs: batch.HasLostAnswer);

        // After that: what was found stored is in the heads.
        ChannelNumbering[] unknown = [.. batch.Channels.Where(static c => c.IsHeadUnknown)];
        foreach (ChannelNumbering[] part in unknown.Chunk(HeadQuery.MaxChannels))
        {
            var asked = Moment.Now(time);
            ChannelHead[] found = heads.Read(pool, [.. part.Select(static c => c.Channel)]);
            long now = Now;
            for (int i = 0; i < part.Length; i++)
                part[i].Learn(found[i].BaseAt(now), found[i].GapAt(now), found[i].Top, asked);
        }

        foreach (ChannelNumbering channel in doubtful)
            channel.Trust();
    }

    // Gives those of the messages their outcome that are found stored.
    private void Settle(MongoPool pool, AppendBatch batch, IReadOnlyList<Message> messages, bool areOurs)
    {
        if (messages.Count == 0)
            return;
        Dictionary<(string, string), StoredRecord> found = query.FindStored(pool, messages, withData: areOurs);
        if (found.Count == 0)
            return;
        foreach (Message message in messages)
        {
            if (!found.TryGetValue((message.Channel.Name, MessageDocument.StoredId(message)), out StoredRecord? record))
                continue;
            if (record.Seq == 0)
                Refuse(message, "there is a document with its id that PushNode has not written");
            else if (areOurs && record.Is(message))
                message.Accept(record.Seq);
            else
                message.Repeat(record.Seq);
        }

        batch.RemoveSettled();
    }

    // (2) to (4). Returns why nothing was inserted, where that is worth saying.
    private MongoException? Attempt(MongoPool pool, AppendBatch batch)
    {
        ReadOnlySpan<AppendBatch.Waiting> part = batch.Pending[..AppendQuery.CountFitting(batch.Pending)];
        long[] seqs = Number(part);
        if (!Reserve(pool, batch, part) || HasSlept(batch))
            return null;
        WriteReply reply = Insert(pool, part, seqs);
        if (reply.Unconfirmed is { } reason)
            throw MongoException.Unconfirmed(reason);

        int stored = reply.Index < 0 ? part.Length : reply.Index;
        if (reply.Index > 0 && pool.IsSharded)
        {
            // In front of a sharded cluster an error of one hides that the majority has not confirmed the others.
            Distrust(batch.Channels, inDoubt: true);
            batch.HasLostAnswer = true;
            stored = 0;
        }

        for (int i = 0; i < stored; i++)
        {
            part[i].Message.Accept(seqs[i]);
            part[i].Channel.Advance(seqs[i]);
        }

        AppendBatch.Waiting? refused = reply.Index < 0 ? null : part[reply.Index];
        batch.RemoveFirst(stored);
        MongoException? failure = refused is { } first ? Refused(batch, first, reply) : null;
        batch.RemoveSettled();
        return failure;
    }

    // Whether this process was stopped for long, and what it knows is old by now.
    private bool HasSlept(AppendBatch batch)
    {
        bool has = false;
        foreach (ChannelNumbering channel in batch.Channels)
        {
            if (!channel.IsOlderThan(Trusted, time))
                continue;
            channel.Distrust(inDoubt: false);
            has = true;
        }

        long limit = Now - (long)MaxWait.TotalMilliseconds;
        int late = 0;
        foreach (AppendBatch.Waiting waiting in batch.Pending)
        {
            if (waiting.Message.Time >= limit)
                continue;
            waiting.Message.Fail();
            late++;
        }

        if (late > 0)
        {
            logger.MessagesLate(late, MaxWait);
            batch.RemoveSettled();
            has = true;
        }

        if (has)
            batch.LastProgress = time.GetTimestamp();
        return has;
    }

    private void Refuse(Message message, string reason)
    {
        logger.MessageRefused(message.Id, message.Channel.Name, reason);
        message.Fail();
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
        if (reply.IsTaken)
        {
            if (++batch.Conflicts == 2)
                DistrustHints(batch);
            if (reply.IsNumberTaken)
                first.Channel.Distrust(inDoubt: false);
            else // Where one is stored by somebody else, or an attempt that was late, more may be.
                Distrust(batch.Channels, inDoubt: true);
            return null;
        }

        if (!OfOneMessage.Contains(reply.Code) && reply.ForeignIndex is null)
        {
            // What was not tried is not in doubt, and the error is the database's.
            var error = MongoException.OfServer(reply.Error ?? "", reply.Code);
            first.Channel.Distrust(inDoubt: true);
            return error.IsPassing ? error : throw error;
        }

        Refuse(first.Message, reply.ForeignIndex is { } index ? $"by the unique index {index}, which PushNode has not made, it is a duplicate: drop that index" : reply.Error ?? "");
        return null;
    }

    private static void DistrustHints(AppendBatch batch)
    {
        foreach (ChannelNumbering channel in batch.Channels)
        {
            if (!channel.IsHeadCertain)
                channel.Distrust(inDoubt: false);
        }
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
    private bool Reserve(MongoPool pool, AppendBatch batch, ReadOnlySpan<AppendBatch.Waiting> part)
    {
        HashSet<ChannelNumbering>? gaps = null, tops = null;
        bool isCertain = true;
        foreach (AppendBatch.Waiting waiting in part)
        {
            if (waiting.Channel.Gap > 0)
                (gaps ??= []).Add(waiting.Channel);
            if (waiting.Channel.Next - 1 <= waiting.Channel.Top)
                continue;
            (tops ??= []).Add(waiting.Channel);
            if (waiting.Channel.IsHeadCertain)
                continue;
            // With the top stands where numbering was then, and that must be true.
            waiting.Channel.Distrust(inDoubt: false);
            isCertain = false;
        }

        if (!isCertain)
            return false;

        if (gaps is not null)
        {
            if (HasSlept(batch))
                return false;
            WriteReply held = query.Hold(pool, gaps, Now);
            if (held.HasFailed)
            {
                Distrust(gaps, inDoubt: false);
                if (!held.IsTaken)
                    held.ThrowIfFailed();
                return false;
            }

            foreach (ChannelNumbering channel in gaps)
                channel.Gap = 0;
        }

        if (tops is null)
            return true;
        // Readers may take the top for the head once it is raised, unless it was raised lately: nobody raises it who knows the head of long ago.
        if (HasSlept(batch))
            return false;
        query.Raise(pool, [.. tops.Select(static c => (c, ChannelHead.TopFor(c.Next - 1)))]);
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
