using System.Runtime.InteropServices;
using PushNode.Diagnostics;
using PushNode.Messages;

namespace PushNode.Collect;

/// <summary>One request at a time to <c>/collect</c>: its body in, its messages in line, and what became of them. Used again and again it allocates nothing but messages.</summary>
internal sealed class Posting(Intake intake, Batcher batcher)
{
    private Submission? durable;
    private Submission? ephemeral;
    private Submission? current;

    /// <summary>Whether the answer is a list.</summary>
    public bool IsList { get; private set; }

    /// <summary>Those of the request, once it is submitted.</summary>
    public List<Message> Messages => current!.Messages;

    /// <summary>Done when every message has its outcome. To be awaited once, if the request was submitted.</summary>
    public ValueTask Completion => current!.Completion;

    /// <summary>Puts the request's messages in line; a refusal (400, 413, 429, 503) when they are not.</summary>
    public Problem? Submit(ReadOnlySpan<byte> body, Producer producer)
    {
        if (intake.Read(body, producer, out CollectRequest request) is { } refused)
            return refused;
        IsList = request.Recipients is not null;
        current = request.Ephemeral ? ephemeral ??= New(ephemeral: true) : durable ??= New(ephemeral: false);
        intake.Add(request, producer, current);
        Problem? problem = Outcomes.Check(batcher.Submit(current));
        if (problem is not null)
            Reset();
        return problem;
    }

    /// <summary>A refusal (503) when the store did not confirm all messages.</summary>
    /// <param name="status">202 or 200.</param>
    public Problem? Check(out int status) => Outcomes.Check(CollectionsMarshal.AsSpan(Messages), out status);

    /// <summary>Makes it ready for the next request, when this one is answered.</summary>
    public void Reset() => current!.Reset();

    private static Submission New(bool ephemeral) => new(ephemeral) { AnswersAtOnce = true };
}
