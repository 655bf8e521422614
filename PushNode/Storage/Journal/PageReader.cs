using System.Buffers;
using System.Runtime.InteropServices;
using PushNode.Messages;

namespace PushNode.Storage.Journal;

/// <summary>Reads chosen messages from their segments. Waits for the disk, so it runs on threads of its own.</summary>
internal sealed class PageReader(SegmentTable segments, JournalServices services)
{
    private const int WindowLength = 256 << 10;

    /// <summary>Records this near to one another are read in one go.</summary>
    private const int Near = 16 << 10;

    /// <summary>The messages that are still there and have not expired. One whose segment has been dropped meanwhile counts as expired.</summary>
    /// <exception cref="StoreUnavailableException">The disk does not read.</exception>
    public List<Message> Read(Channel channel, List<IndexEntry> entries)
    {
        var messages = new List<Message>(entries.Count);
        byte[] window = ArrayPool<byte>.Shared.Rent(WindowLength);
        try
        {
            int next = 0;
            while (next < entries.Count)
            {
                int first = next;
                next = FindRunEnd(entries, first);
                long start = entries[first].Offset;
                int length = (int)(entries[next - 1].Offset + entries[next - 1].Length - start);
                if (length > window.Length)
                {
                    ArrayPool<byte>.Shared.Return(window);
                    window = ArrayPool<byte>.Shared.Rent(length);
                }

                if (TryFill(window.AsSpan(0, length), entries[first]) is { } segment)
                    Take(messages, channel, CollectionsMarshal.AsSpan(entries)[first..next], window.AsSpan(0, length), segment);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(window);
        }

        return messages;
    }

    private static int FindRunEnd(List<IndexEntry> entries, int first)
    {
        IndexEntry start = entries[first];
        long end = start.Offset + start.Length;
        int next = first + 1;
        for (; next < entries.Count; next++)
        {
            IndexEntry entry = entries[next];
            bool joins = entry.Segment == start.Segment
                && entry.Offset >= end
                && entry.Offset - end <= Near
                && entry.Offset + entry.Length - start.Offset <= WindowLength;
            if (!joins)
                break;
            end = entry.Offset + entry.Length;
        }

        return next;
    }

    private Segment? TryFill(Span<byte> window, IndexEntry first)
    {
        if (segments.Find(first.Segment) is not { } segment)
            return null;
        try
        {
            int read = services.Disk.Read(segment.File, window, first.Offset);
            window[read..].Clear();
            return segment;
        }
        catch (ObjectDisposedException)
        {
            // Dropped between the lookup and the read.
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreUnavailableException($"The journal cannot be read: {e.Message}", e);
        }
    }

    private void Take(List<Message> messages, Channel channel, ReadOnlySpan<IndexEntry> run, ReadOnlySpan<byte> window, Segment segment)
    {
        long now = services.Now;
        foreach (IndexEntry entry in run)
        {
            ReadOnlySpan<byte> bytes = window.Slice((int)(entry.Offset - run[0].Offset), entry.Length);
            if (!RecordFraming.IsIntact(bytes) || !MessageRecord.TryParse(bytes[RecordFraming.HeaderLength..], out MessageRecord record))
                services.Logger.MessageDamaged(segment.Path, entry.Seq, channel.Name, entry.Offset);
            else if (record.Expires > now)
                messages.Add(record.ToMessage(channel));
        }
    }
}
