using PushNode.Messages;
using PushNode.Peers;

namespace PushNode.Dispatch.Remote;

/// <summary>Answers a request that brings messages.</summary>
internal static class MessageIntake
{
    private static readonly byte[] OnlyTaken = [MessageProtocol.Taken];

    /// <summary>Says that the messages are taken as soon as they are, so that the caller can send the next; what their reports tell follows when all are in, or after <see cref="MessageProtocol.ReportWait"/>.</summary>
    public static async Task AnswerTakenAsync(this PeerCall call, List<Message> taken, TimeProvider time)
    {
        DeliveryReport[] reports = [.. taken.Select(static m => m.Report).OfType<DeliveryReport>()];
        if (reports.Length == 0)
        {
            await call.AnswerAsync(OnlyTaken);
            return;
        }

        var answer = new PeerWriter();
        var settled = Task.WhenAll(reports.Select(static r => r.Completed));
        if (settled.IsCompleted)
        {
            answer.Byte(MessageProtocol.Taken);
        }
        else
        {
            await call.AnswerAsync(OnlyTaken);
            await settled.WaitAsync(MessageProtocol.ReportWait, time, call.Aborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        MessageBodies.WriteReports(answer, reports);
        await call.AnswerAsync(answer.Written);
    }
}
