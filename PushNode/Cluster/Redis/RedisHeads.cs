using System.Collections.Concurrent;
using System.Globalization;
using PushNode.Diagnostics;
using PushNode.Messages;
using PushNode.Storage;
using StackExchange.Redis;

namespace PushNode.Cluster.Redis;

/// <summary>
/// The channels' heads as every node of the cluster can ask for them without asking the store. Each is kept with the epoch of its store, so that one of a store
/// that is gone does not pass for a head of this one. While Redis is away the store is asked.
/// </summary>
internal sealed class RedisHeads(RedisLink link, RedisKeys keys, IMessageStore store, TimeProvider time, ILogger<RedisHeads> logger) : IHeads
{
    private const int ReadChunk = 500;
    private const int RaiseChunk = 250;

    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(1);
    private static readonly TimeSpan ComplaintInterval = TimeSpan.FromMinutes(1);

    private readonly Occasional complaint = new(time, ComplaintInterval);
    private readonly ConcurrentBag<Dictionary<string, Message>> spare = [];

    public async ValueTask<long[]> ReadAsync(IReadOnlyList<Channel> channels, CancellationToken cancellationToken)
    {
        if (channels.Count == 0)
            return [];
        if (!link.IsReachable)
            return await store.ReadHeadsAsync(channels, cancellationToken);
        try
        {
            string epoch = store.Epoch;
            RedisValue[] found = await link.CallAsync(database => link.IsRedisCluster ? ReadSinglyAsync(database, channels) : ReadChunksAsync(database, channels), cancellationToken);
            var heads = new long[found.Length];
            for (int i = 0; i < heads.Length; i++)
                heads[i] = Parse(found[i], epoch);
            return heads;
        }
        catch (Exception e) when (e is RedisAwayException or RedisServerException)
        {
            if (e is RedisServerException && complaint.IsDue())
                logger.KeyRefused("heads", keys.Head(channels[0]).ToString(), e.Message);
            return await store.ReadHeadsAsync(channels, cancellationToken);
        }
    }

    public async ValueTask RaiseAsync(IReadOnlyList<Message> stored, CancellationToken cancellationToken)
    {
        if (!link.IsReachable)
            return;
        if (!spare.TryTake(out Dictionary<string, Message>? newest))
            newest = new Dictionary<string, Message>(StringComparer.Ordinal);
        for (int i = 0; i < stored.Count; i++)
        {
            Message message = stored[i];
            if (message.Outcome == StoreOutcome.Stored && (!newest.TryGetValue(message.Channel.Name, out Message? known) || known.Seq < message.Seq))
                newest[message.Channel.Name] = message;
        }

        try
        {
            if (newest.Count > 0)
                await RaiseAsync(newest.Values, cancellationToken);
        }
        catch (Exception e) when (e is RedisAwayException or StoreUnavailableException)
        {
            // A hint may be behind.
        }
        catch (RedisServerException e)
        {
            if (complaint.IsDue())
                logger.KeyRefused("a head", keys.Head(newest.Values.First().Channel).ToString(), e.Message);
        }

        newest.Clear();
        spare.Add(newest);
    }

    private static long Parse(RedisValue found, string epoch)
    {
        string? text = found;
        return text is not null
            && text.Length > epoch.Length
            && text.StartsWith(epoch, StringComparison.Ordinal)
            && text[epoch.Length] == ':'
            && long.TryParse(text.AsSpan(epoch.Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out long seq)
            ? seq : 0;
    }

    private async Task<RedisValue[]> ReadChunksAsync(IDatabase database, IReadOnlyList<Channel> channels)
    {
        var asked = new List<Task<RedisValue[]>>(1);
        for (int start = 0; start < channels.Count; start += ReadChunk)
        {
            var chunk = new RedisKey[Math.Min(ReadChunk, channels.Count - start)];
            for (int i = 0; i < chunk.Length; i++)
                chunk[i] = keys.Head(channels[start + i]);
            asked.Add(database.StringGetAsync(chunk, CommandFlags.DemandMaster));
        }

        return asked.Count == 1 ? await asked[0] : [.. (await Task.WhenAll(asked)).SelectMany(static found => found)];
    }

    private Task<RedisValue[]> ReadSinglyAsync(IDatabase database, IReadOnlyList<Channel> channels)
    {
        IBatch batch = database.CreateBatch();
        Task<RedisValue>[] asked = [.. channels.Select(c => batch.StringGetAsync(keys.Head(c), CommandFlags.DemandMaster))];
        batch.Execute();
        return Task.WhenAll(asked);
    }

    private async Task RaiseAsync(IReadOnlyCollection<Message> newest, CancellationToken cancellationToken)
    {
        RedisValue lifetime = (long)Lifetime.TotalMilliseconds;
        RedisValue epoch = store.Epoch;
        int chunkSize = link.IsRedisCluster ? 1 : RaiseChunk;
        RedisResult[] refused = await link.CallAsync(
            database => Task.WhenAll(newest.Chunk(chunkSize).Select(chunk => RedisScripts.RunAsync(
                database,
                RedisScripts.RaiseHeads,
                [.. chunk.Select(m => keys.Head(m.Channel))],
                [lifetime, epoch, .. chunk.Select(static m => (RedisValue)m.Seq)]))),
            cancellationToken);
        if (refused.Any(static r => (int)r > 0) && complaint.IsDue())
            logger.KeyRefused("a head", keys.Head(newest.First().Channel).ToString(), "the key, or one like it, holds something else than a text");
    }
}
