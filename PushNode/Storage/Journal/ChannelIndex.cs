namespace PushNode.Storage.Journal;

/// <summary>
/// One channel: its head, which outlives its messages, and where the messages kept lie. Written by the appending thread, read by any; each holds the
/// lock for a few memory accesses. It locks itself: a lock object for each of a million channels would cost more than it is worth.
/// </summary>
internal sealed class ChannelIndex
{
    private const int MaxPageMessages = 2048;

    /// <summary>What a record's bytes become longer by on the way to a frame, about.</summary>
    private const int FrameOverhead = 64;

    // In seq order. What has expired is let go from the front: [start, end) are left.
    private IndexEntry[] entries = [];
    private int start;
    private int end;
    private long head;
    private long reserved;

    /// <summary>The newest seq; 0 while there is none.</summary>
    public long Head => Volatile.Read(ref head);

    /// <summary>The head as the state log has it. Used by the state thread only.</summary>
    public long RecordedHead { get; set; }

    /// <summary>Takes the next seq. Appending thread only.</summary>
    /// <param name="floor">The lowest head a new channel may have.</param>
    public long Reserve(long floor) => reserved = Math.Max(Math.Max(reserved, head), floor) + 1;

    /// <summary>Gives back what was reserved and not added.</summary>
    public void Release() => reserved = head;

    /// <summary>Raises the head; never lowers it.</summary>
    public void RaiseHead(long seq)
    {
        lock (this)
            head = Math.Max(head, seq);
    }

    /// <summary>Adds a message, whose seq becomes the head. One that is there already under the same seq is replaced.</summary>
    public void Add(in IndexEntry entry)
    {
        lock (this)
        {
            while (end > start && entries[end - 1].Seq >= entry.Seq)
                end--;
            if (end == entries.Length)
                MakeRoom();
            entries[end++] = entry;
            head = Math.Max(head, entry.Seq);
        }
    }

    /// <summary>Chooses the messages of a page; see <see cref="IMessageStore.ReadAsync"/>.</summary>
    public PageSelection Select(long after, int maxBytes, long now)
    {
        lock (this)
        {
            while (start < end && entries[start].HasExpired(now))
                start++;
            List<IndexEntry>? chosen = null;
            long bytes = 0;
            for (int i = FindAbove(after); i < end; i++)
            {
                ref readonly IndexEntry entry = ref entries[i];
                if (entry.HasExpired(now))
                    continue;
                bytes += entry.Length + FrameOverhead;
                if (chosen is not null && (bytes > maxBytes || chosen.Count == MaxPageMessages))
                    return new PageSelection(chosen, chosen[^1].Seq, head);
                (chosen ??= []).Add(entry);
            }

            return new PageSelection(chosen, head, head);
        }
    }

    /// <summary>Where the message with this seq lies; false when it is not kept.</summary>
    public bool TryFind(long seq, out IndexEntry entry)
    {
        lock (this)
        {
            int i = FindAbove(seq - 1);
            bool found = i < end && entries[i].Seq == seq;
            entry = found ? entries[i] : default;
            return found;
        }
    }

    /// <summary>Forgets the messages of dropped segments, of which this is the newest.</summary>
    public void Forget(IReadOnlySet<int> segments, int newest)
    {
        lock (this)
        {
            // Segments ascend with the seq, so only the front needs a look; what is kept of it moves up to the rest.
            int rest = start;
            while (rest < end && entries[rest].Segment <= newest)
                rest++;
            int kept = rest;
            for (int i = rest - 1; i >= start; i--)
            {
                if (!segments.Contains(entries[i].Segment))
                    entries[--kept] = entries[i];
            }

            start = kept;
            if (entries.Length > 4 * (end - start))
                Move(new IndexEntry[end - start]);
        }
    }

    private int FindAbove(long seq)
    {
        int low = start;
        int high = end;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (entries[middle].Seq <= seq)
                low = middle + 1;
            else
                high = middle;
        }

        return low;
    }

    private void MakeRoom()
    {
        bool halfIsFree = start > entries.Length / 2;
        Move(halfIsFree ? entries : new IndexEntry[Math.Max(2, entries.Length + (entries.Length / 2))]);
    }

    private void Move(IndexEntry[] target)
    {
        Array.Copy(entries, start, target, 0, end - start);
        entries = target;
        end -= start;
        start = 0;
    }
}
