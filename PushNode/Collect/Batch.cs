using PushNode.Messages;

namespace PushNode.Collect;

/// <summary>What the batcher handles in one go.</summary>
/// <param name="Submissions">In the order in which they came.</param>
/// <param name="Messages">Theirs, in the same order; kept here because a submission belongs to its producer again once it is completed.</param>
/// <param name="Bytes">Bytes of data in all of them.</param>
internal readonly record struct Batch(List<Submission> Submissions, Message[] Messages, long Bytes)
{
    /// <summary>Up to so many producers are answered by whoever completes the batch; more are answered at the same time as one another.</summary>
    private const int Few = 16;

    /// <summary>Wakes the producers.</summary>
    public void Complete()
    {
        foreach (Submission submission in Submissions)
            submission.Complete(here: Submissions.Count <= Few);
    }
}
