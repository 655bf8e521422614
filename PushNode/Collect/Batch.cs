using PushNode.Messages;

namespace PushNode.Collect;

/// <summary>What the batcher handles in one go.</summary>
/// <param name="Submissions">In the order in which they came.</param>
/// <param name="Messages">Theirs, in the same order; kept here because a submission belongs to its producer again once it is completed.</param>
/// <param name="Bytes">Bytes of data in all of them.</param>
internal readonly record struct Batch(List<Submission> Submissions, Message[] Messages, long Bytes)
{
    /// <summary>Up to so many producers are answered by whoever completes the batch, and so many at a time by others: waking a thread costs more than a few answers.</summary>
    public const int Few = 16;

    /// <summary>Answers the producers: many of them at the same time as one another, and as what its caller does next.</summary>
    public void Complete()
    {
        if (Submissions.Count <= Few)
        {
            Complete(Submissions, 0, Submissions.Count);
            return;
        }

        for (int start = 0; start < Submissions.Count; start += Few)
            ThreadPool.UnsafeQueueUserWorkItem(static part => Complete(part.Submissions, part.Start, part.End), (Submissions, Start: start, End: Math.Min(start + Few, Submissions.Count)), preferLocal: false);
    }

    private static void Complete(List<Submission> submissions, int start, int end)
    {
        for (int i = start; i < end; i++)
            submissions[i].Complete();
    }
}
