using System.Threading.Channels;
using PushNode.Messages;

namespace PushNode.Collect;

/// <summary>What waits for one loop of the batcher: first in, first out, bounded in messages and in bytes. What the loop has taken counts until it is released.</summary>
/// <param name="maxMessages">How many messages may wait or be under way.</param>
/// <param name="maxBytes">How many bytes of data.</param>
/// <param name="takesHere">Whether the loop may take what it waits for on the thread that puts it in: only one that then hands it on at once.</param>
internal sealed class SubmissionQueue(int maxMessages, long maxBytes, bool takesHere)
{
    private const int MaxBatchMessages = 4_096;
    private const long MaxBatchBytes = 4 << 20;

    // A submission has at least one message, so the counts refuse before this bound does.
    private readonly Channel<Submission> channel = System.Threading.Channels.Channel.CreateBounded<Submission>(
        new BoundedChannelOptions(maxMessages) { SingleReader = true, AllowSynchronousContinuations = takesHere });

    private readonly Lock gate = new();
    private long messages;
    private long bytes;
    private TaskCompletionSource room = NewRoom();

    /// <summary>Messages that wait or are being stored.</summary>
    public long Count
    {
        get
        {
            lock (gate)
                return messages;
        }
    }

    /// <summary>Whether it takes nothing any more.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>Done when room has been given back, or the queue closed, after this was asked.</summary>
    public Task Room => Volatile.Read(ref room).Task;

    /// <summary>Puts the submission in line; false when there is no room or it is closed. One that finds nothing in line is taken whatever its size.</summary>
    /// <param name="submission">At least one message.</param>
    /// <param name="share">The share of the room that may be taken by then: all of it is 1, half of it 2.</param>
    public bool TryAdd(Submission submission, int share)
    {
        long count = submission.Messages.Count;
        long size = submission.Bytes;
        lock (gate)
        {
            bool fits = messages == 0 || (messages + count <= maxMessages / share && bytes + size <= maxBytes / share);
            if (!fits)
                return false;
            messages += count;
            bytes += size;
        }

        if (channel.Writer.TryWrite(submission))
            return true;
        GiveBack(count, size);
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

    /// <summary>Gives back the room of a batch whose messages have their outcome.</summary>
    public void Release(Batch batch)
    {
        GiveBack(batch.Messages.Length, batch.Bytes);
        SignalRoom();
    }

    /// <summary>Takes nothing more; what is in line can still be taken out.</summary>
    public void Close()
    {
        IsClosed = true;
        channel.Writer.TryComplete();
        SignalRoom();
    }

    private void GiveBack(long count, long size)
    {
        lock (gate)
        {
            messages -= count;
            bytes -= size;
        }
    }

    private static TaskCompletionSource NewRoom() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void SignalRoom() => Interlocked.Exchange(ref room, NewRoom()).SetResult();
}
