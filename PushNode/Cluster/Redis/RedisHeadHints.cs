using System.Globalization;
using PushNode.Diagnostics;
using PushNode.Messages;
using PushNode.Storage;
using StackExchange.Redis;

namespace PushNode.Cluster.Redis;

/// <summary>Reads the heads that the nodes of the cluster have noted. Each is kept with the epoch of its store, so that one of a store that is gone does not pass for a head of this one.</summary>
internal sealed class RedisHeadHints(RedisLink link, RedisKeys keys, TimeProvider time, ILogger<RedisHeadHints> logger) : IHeadHints
{
    /// <summary>How long a head is kept after it was last raised. Stores that several nodes write rely on its not being longer.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(1);

    private const int Chunk = 500;

    private static readonly TimeSpan ComplaintInterval = TimeSpan.FromMinutes(1);

    private readonly Occasional complaint = new(time, ComplaintInterval);

    /// <inheritdoc/>
    public async ValueTask<long[]> ReadAsync(IReadOnlyList<Channel> channels, string epoch, CancellationToken cancellationToken) =>
        await TryReadAsync(channels, epoch, cancellationToken) ?? new long[channels.Count];

    /// <summary>The same, but null when Redis cannot be asked.</summary>
    public async ValueTask<long[]?> TryReadAsync(IReadOnlyList<Channel> channels, string epoch, CancellationToken cancellationToken)
    {
        if (channels.Count == 0)
            return [];
        if (!link.IsReachable)
            return null;
        try
        {
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
            return null;
        }
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
        for (int start = 0; start < channels.Count; start += Chunk)
        {
            var chunk = new RedisKey[Math.Min(Chunk, channels.Count - start)];
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
}
