using System.Threading.Channels;
using PushNode.Messages;

namespace PushNode.Collect;

/// <summary>What waits for one loop of the batcher: first in, first out, bounded in messages and in bytes. What the loop has taken counts until it is released.</summary>
internal sealed class SubmissionQueue(int maxMessages, long maxBytes)
{
    private const int MaxBatchMessages = 4_096;
    private const long MaxBatchBytes = 4 << 20;

    // A submission has at least one message, so the counters refuse before this bound does.
    private readonly Channel<Submission> channel = System.Threading.Channels.Channel.CreateBounded<Submission>(
        new BoundedChannelOptions(maxMessages) { SingleReader = true });

    private long messages;
    private long bytes;

    /// <summary>Messages that wait or are being stored.</summary>
    public long Count => Volatile.Read(ref messages);

    /// <summary>Whether it takes nothing any more.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Puts the submission in line; false when there is no room or it is closed. One that finds nothing in line is taken whatever its size.</summary>
    public bool TryAdd(Submission submission)
    {
        int count = submission.Messages.Count;
        long size = submission.Bytes;
        long totalMessages = Interlocked.Add(ref messages, count);
        long totalBytes = Interlocked.Add(ref bytes, size);
        bool fits = (totalMessages <= maxMessages && totalBytes <= maxBytes) || totalMessages == count;
        if (fits && channel.Writer.TryWrite(submission))
            return true;
        Release(count, size);
        return false;
    }

    /// <summary>Waits until there is something to take; false when it is closed and empty.</summary>
    public ValueTask<bool> WaitAsync() => channel.Reader.WaitToReadAsync();

    /// <summary>Takes what is in line, up to a bound; at least one submission if there is one, and never part of one.</summary>
    public Batch Take()
    {
        var submissions = new List<Submission>();
        int count = 0;
        long size = 0;
        while (channel.Reader.TryPeek(out Submission? next)
            && (count == 0 || (count + next.Messages.Count <= MaxBatchMessages && size + next.Bytes <= MaxBatchBytes))
            && channel.Reader.TryRead(out next))
        {
            submissions.Add(next);
            count += next.Messages.Count;
            size += next.Bytes;
        }

        var taken = new Message[count];
        int index = 0;
        foreach (Submission submission in submissions)
        {
            submission.Messages.CopyTo(taken, index);
            index += submission.Messages.Count;
        }

        return new Batch(submissions, taken, size);
    }

    /// <summary>Gives back the room of a batch that has been answered.</summary>
    public void Release(int count, long size)
    {
        Interlocked.Add(ref messages, -count);
        Interlocked.Add(ref bytes, -size);
    }

    /// <summary>Takes nothing more; what is in line can still be taken out.</summary>
    public void Close()
    {
        IsClosed = true;
        channel.Writer.TryComplete();
    }
}
