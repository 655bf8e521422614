using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using PushNode.Messages;

namespace PushNode.Storage.Journal;

/// <summary>
/// Which ids producers have used in which channel, and for which seq, as long as the message's segment is kept. An id is known by 128 bits of a
/// SHA-256: nobody can make two of the same. In shards, so that forgetting a segment's ids never holds the appending thread up for long.
/// </summary>
internal sealed class ProducerIds
{
    private const int Shards = 64;
    private const int MaxNameBytes = byte.MaxValue;

    private readonly Dictionary<UInt128, Use>[] shards = [.. Enumerable.Range(0, Shards).Select(static _ => new Dictionary<UInt128, Use>())];

    public static UInt128 KeyOf(Message message)
    {
        Span<byte> names = stackalloc byte[2 * MaxNameBytes];
        Ascii.FromUtf16(message.Channel.Name, names, out int channel);
        Ascii.FromUtf16(message.Id, names[MaxNameBytes..], out int id);
        return KeyOf(names[..channel], names.Slice(MaxNameBytes, id));
    }

    public static UInt128 KeyOf(ReadOnlySpan<byte> channel, ReadOnlySpan<byte> id)
    {
        // A space stands in neither, so that no two pairs are spelt alike.
        Span<byte> text = stackalloc byte[(2 * MaxNameBytes) + 1];
        channel.CopyTo(text);
        text[channel.Length] = (byte)' ';
        id.CopyTo(text[(channel.Length + 1)..]);
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(text[..(channel.Length + 1 + id.Length)], hash);
        return MemoryMarshal.Read<UInt128>(hash);
    }

    /// <summary>The seq that the id was first used for.</summary>
    public bool TryFind(UInt128 key, out long seq)
    {
        Dictionary<UInt128, Use> shard = ShardOf(key);
        lock (shard)
        {
            bool found = shard.TryGetValue(key, out Use use);
            seq = use.Seq;
            return found;
        }
    }

    public void Add(UInt128 key, long seq, int segment)
    {
        Dictionary<UInt128, Use> shard = ShardOf(key);
        lock (shard)
            shard[key] = new Use(seq, segment);
    }

    public void Remove(UInt128 key)
    {
        Dictionary<UInt128, Use> shard = ShardOf(key);
        lock (shard)
            shard.Remove(key);
    }

    public void Forget(IReadOnlySet<int> segments)
    {
        foreach (Dictionary<UInt128, Use> shard in shards)
        {
            lock (shard)
            {
                foreach ((UInt128 key, Use use) in shard)
                {
                    if (segments.Contains(use.Segment))
                        shard.Remove(key);
                }

                if (shard.Count < shard.Capacity / 4)
                    shard.TrimExcess();
            }
        }
    }

    private Dictionary<UInt128, Use> ShardOf(UInt128 key) => shards[(int)(ulong)key & (Shards - 1)];

    private readonly record struct Use(long Seq, int Segment);
}
