using System.Buffers;
using PushNode.Diagnostics;

namespace PushNode.Collect;

/// <summary>
/// Lines of a batch that arrived together and are submitted together: a wait and a place in line for each chunk, not for each line. Bounded, and used again
/// and again by its stream.
/// </summary>
internal sealed class LineChunk(int maxLines, CollectMetrics metrics)
{
    private const int MaxBytes = 64 * 1024;

    private readonly Submission durable = new(ephemeral: false);
    private readonly Submission ephemeral = new(ephemeral: true);
    private readonly List<LineAnswer> answers = [];
    private Problem? durableRefusal;
    private Problem? ephemeralRefusal;

    public bool IsEmpty => answers.Count == 0;

    /// <summary>Whether no more lines should be added. The last one may have gone over the bound, in messages as in bytes.</summary>
    public bool IsFull => answers.Count >= maxLines
        || durable.Messages.Count + ephemeral.Messages.Count >= maxLines
        || durable.Bytes + ephemeral.Bytes >= MaxBytes;

    public void Refuse(long line, Problem refusal)
    {
        metrics.CountRefused(refusal.Code);
        answers.Add(new LineAnswer(line, refusal));
    }

    public void Add(long line, in CollectRequest request, Producer producer, Intake intake)
    {
        Submission submission = request.Ephemeral ? ephemeral : durable;
        answers.Add(new LineAnswer(line, null, submission, submission.Messages.Count, request.MessageCount, request.Recipients is not null));
        intake.Add(request, producer, submission);
    }

    /// <summary>Hands the messages to the batcher, as soon as it has room. What it does not take is answered with its refusal.</summary>
    public async ValueTask SubmitAsync(Batcher batcher, CancellationToken cancellationToken)
    {
        durableRefusal = await SubmitAsync(durable, batcher, cancellationToken);
        ephemeralRefusal = await SubmitAsync(ephemeral, batcher, cancellationToken);
    }

    /// <summary>Done when every line has its outcome.</summary>
    public async ValueTask WaitAsync()
    {
        if (IsPending(durable, durableRefusal))
            await durable.Completion;
        if (IsPending(ephemeral, ephemeralRefusal))
            await ephemeral.Completion;
    }

    /// <summary>Done when every line's delivery has been reported, or the wait is over.</summary>
    public async Task WaitAsync(DeliveryWait deliveries, CancellationToken cancellationToken)
    {
        if (IsPending(durable, durableRefusal))
            await deliveries.WaitAsync(durable.Messages, cancellationToken);
        if (IsPending(ephemeral, ephemeralRefusal))
            await deliveries.WaitAsync(ephemeral.Messages, cancellationToken);
    }

    /// <summary>Writes the answers in the order of the lines.</summary>
    public void WriteAnswers(IBufferWriter<byte> output)
    {
        foreach (LineAnswer answer in answers)
            answer.Write(output, answer.Submission == durable ? durableRefusal : ephemeralRefusal);
    }

    /// <summary>Makes it empty; only after <see cref="WaitAsync()"/>.</summary>
    public void Reset()
    {
        answers.Clear();
        durable.Reset();
        ephemeral.Reset();
        durableRefusal = ephemeralRefusal = null;
    }

    private static bool IsPending(Submission submission, Problem? refusal) => refusal is null && submission.Messages.Count > 0;

    private async ValueTask<Problem?> SubmitAsync(Submission submission, Batcher batcher, CancellationToken cancellationToken)
    {
        if (submission.Messages.Count == 0 || Outcomes.Check(await batcher.SubmitAsync(submission, cancellationToken)) is not { } refusal)
            return null;
        metrics.CountRefused(refusal.Code);
        return refusal;
    }
}
