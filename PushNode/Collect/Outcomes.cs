using PushNode.Diagnostics;
using PushNode.Messages;

namespace PushNode.Collect;

/// <summary>What the outcomes of a request's messages come to.</summary>
internal static class Outcomes
{
    /// <summary>A refusal (503) when the store did not confirm all of them.</summary>
    /// <param name="messages">Those of one request, completed.</param>
    /// <param name="status">202 when any is new, 200 when all of them were stored before.</param>
    public static Problem? Check(ReadOnlySpan<Message> messages, out int status)
    {
        int repeated = 0, failed = 0;
        foreach (Message message in messages)
        {
            if (message.Outcome == StoreOutcome.Repeated)
                repeated++;
            else if (message.Outcome == StoreOutcome.Failed)
                failed++;
        }

        status = repeated == messages.Length ? StatusCodes.Status200OK : StatusCodes.Status202Accepted;
        return failed == 0 ? null : Refusals.NotStored(messages.Length - failed, messages.Length);
    }

    /// <summary>The refusal (503) of a submission that the batcher did not take; null when it took it.</summary>
    public static Problem? Check(SubmitResult result) => result switch
    {
        SubmitResult.Queued => null,
        SubmitResult.Full => Refusals.QueueFull,
        SubmitResult.NotStoring => Refusals.NotStoring,
        _ => Refusals.Stopping,
    };
}
