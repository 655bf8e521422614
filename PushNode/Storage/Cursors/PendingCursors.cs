using System.Runtime.InteropServices;
using PushNode.Messages;

namespace PushNode.Storage.Cursors;

/// <summary>
/// The cursors moved on this node that the store does not hold durably yet. Bounded: past <see cref="DefaultCapacity"/> the one that waits longest is
/// dropped, which repeats messages to its device and loses none.
/// </summary>
/// <param name="logger">Hears of dropped ones.</param>
/// <param name="capacity">How many are kept.</param>
internal sealed class PendingCursors(ILogger<PendingCursors> logger, int capacity = PendingCursors.DefaultCapacity)
{
    /// <summary>How many are kept: some 100 MB.</summary>
    public const int DefaultCapacity = 1_000_000;

    private readonly Lock gate = new();
    private readonly Dictionary<CursorKey, Entry> entries = [];
    private readonly Queue<CursorKey> queue = new();
    private string? epoch;
    private long dropped;

    /// <summary>How many the store does not hold durably, those on their way included.</summary>
    public int Count
    {
        get
        {
            lock (gate)
                return entries.Count;
        }
    }

    /// <summary>How many are not on their way.</summary>
    public int Waiting
    {
        get
        {
            lock (gate)
                return queue.Count;
        }
    }

    /// <summary>Moves a cursor forward, unless the seq is of another epoch than the store's.</summary>
    public void Move(in CursorKey key, long seq, string ofEpoch)
    {
        lock (gate)
        {
            if (ofEpoch != epoch)
                return;
            ref Entry entry = ref CollectionsMarshal.GetValueRefOrAddDefault(entries, key, out bool known);
            if (known && entry.Seq >= seq)
                return;
            bool queued = entry.Queued;
            entry = new Entry(seq, Queued: true);
            if (!queued)
                queue.Enqueue(key);
            if (!known && entries.Count > capacity)
                DropOldest();
        }
    }

    /// <summary>Where the cursor has been moved; null when the store knows.</summary>
    public long? Find(in CursorKey key)
    {
        lock (gate)
            return entries.TryGetValue(key, out Entry entry) ? entry.Seq : null;
    }

    /// <summary>The same for several channels.</summary>
    public long?[] Find(string userId, string device, IReadOnlyList<Channel> channels) =>
        [.. channels.Select(channel => Find(new CursorKey(userId, device, channel)))];

    /// <summary>Where the cursors are, by what was found here and then in the store: <paramref name="stored"/>, changed.</summary>
    public static long?[] Merge(long?[] moved, long?[] stored)
    {
        for (int i = 0; i < stored.Length; i++)
        {
            if (moved[i] is { } here && (stored[i] is not { } there || there == DeviceCursor.OfEarlierEpoch || here > there))
                stored[i] = here;
        }

        return stored;
    }

    /// <summary>The ones that wait longest, up to so many; each chunk is to be given back by <see cref="Confirm"/> or <see cref="Return"/>. Null when there is none.</summary>
    public CursorChunk? Take(int max)
    {
        lock (gate)
        {
            if (epoch is null || queue.Count == 0)
                return null;
            var moves = new CursorMove[Math.Min(max, queue.Count)];
            for (int i = 0; i < moves.Length; i++)
            {
                CursorKey key = queue.Dequeue();
                long seq = entries[key].Seq;
                entries[key] = new Entry(seq, Queued: false);
                moves[i] = new CursorMove(key, seq);
            }

            return new CursorChunk(epoch, moves);
        }
    }

    /// <summary>The store holds them durably: forgets those that have not moved on since.</summary>
    public void Confirm(in CursorChunk chunk)
    {
        lock (gate)
        {
            if (chunk.Epoch != epoch)
                return;
            foreach (CursorMove move in chunk.Moves)
            {
                if (entries.TryGetValue(move.Key, out Entry entry) && !entry.Queued)
                    entries.Remove(move.Key);
            }
        }
    }

    /// <summary>The store may not hold them: they wait again.</summary>
    public void Return(in CursorChunk chunk)
    {
        lock (gate)
        {
            if (chunk.Epoch != epoch)
                return;
            foreach (CursorMove move in chunk.Moves)
            {
                if (!entries.TryGetValue(move.Key, out Entry entry) || entry.Queued)
                    continue;
                entries[move.Key] = entry with { Queued = true };
                queue.Enqueue(move.Key);
            }
        }
    }

    /// <summary>From now on cursors are of this epoch. Those of another one are dropped.</summary>
    public void StartOver(string newEpoch)
    {
        lock (gate)
        {
            if (epoch != newEpoch)
            {
                entries.Clear();
                queue.Clear();
            }

            epoch = newEpoch;
        }
    }

    private void DropOldest()
    {
        entries.Remove(queue.Dequeue());
        // Each 100,000 that are dropped are said once.
        if (dropped++ % 100_000 == 0)
            logger.CursorsDropped(capacity, dropped);
    }

    private readonly record struct Entry(long Seq, bool Queued);
}
