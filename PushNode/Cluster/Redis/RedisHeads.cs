using System.Collections.Concurrent;
using PushNode.Diagnostics;
using PushNode.Messages;
using PushNode.Storage;
using StackExchange.Redis;

namespace PushNode.Cluster.Redis;

/// <summary>
/// The channels' heads as every node of the cluster can ask for them without asking the store. While Redis is away the store is asked.
/// </summary>
internal sealed class RedisHeads(RedisHeadHints hints, RedisLink link, RedisKeys keys, IMessageStore store, TimeProvider time, ILogger<RedisHeads> logger) : IHeads
{
    private const int RaiseChunk = 250;

    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan ComplaintInterval = TimeSpan.FromMinutes(1);

    private readonly Occasional complaint = new(time, ComplaintInterval);
    private readonly ConcurrentBag<Dictionary<string, Message>> spare = [];

    public async ValueTask<long[]> ReadAsync(IReadOnlyList<Channel> channels, CancellationToken cancellationToken) =>
        channels.Count == 0 ? [] : await hints.TryReadAsync(channels, store.Epoch, cancellationToken) ?? await store.ReadHeadsAsync(channels, cancellationToken);

    public async ValueTask RaiseAsync(IReadOnlyList<Message> stored, string epoch, CancellationToken cancellationToken)
    {
        if (!link.IsReachable)
            return;
        if (!spare.TryTake(out Dictionary<string, Message>? newest))
            newest = new Dictionary<string, Message>(StringComparer.Ordinal);
        // This node may have stood still since they were stored: a hint is of the last day.
        long since = (time.GetUtcNow() - LongestDelay).ToUnixTimeMilliseconds();
        for (int i = 0; i < stored.Count; i++)
        {
            Message message = stored[i];
            if (message.Outcome == StoreOutcome.Stored && message.Time >= since && (!newest.TryGetValue(message.Channel.Name, out Message? known) || known.Seq < message.Seq))
                newest[message.Channel.Name] = message;
        }

        try
        {
            if (newest.Count > 0)
                await RaiseAsync(newest.Values, epoch, cancellationToken);
        }
        catch (RedisAwayException)
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

    private async Task RaiseAsync(IReadOnlyCollection<Message> newest, RedisValue epoch, CancellationToken cancellationToken)
    {
        RedisValue lifetime = (long)RedisHeadHints.Lifetime.TotalMilliseconds;
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
