using System.Buffers;
using System.Runtime.InteropServices;
using PushNode.Diagnostics;
using PushNode.Messages;

namespace PushNode.Collect;

/// <summary>What one line of a batch is answered: its refusal, or what became of its messages.</summary>
/// <param name="Line">The line's number, from 1.</param>
/// <param name="Refusal">Why it was refused; null when it was submitted.</param>
/// <param name="Submission">What its messages are in; null when it was refused.</param>
/// <param name="First">The index of its first message there.</param>
/// <param name="Count">How many it has.</param>
/// <param name="IsList">Whether it named a list of recipients, so that it gets a list even for one.</param>
internal readonly record struct LineAnswer(long Line, Problem? Refusal, Submission? Submission = null, int First = 0, int Count = 0, bool IsList = false)
{
    /// <summary>Writes the answer with its line feed.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="notTaken">The refusal of the whole submission; null when it was completed.</param>
    public void Write(IBufferWriter<byte> output, Problem? notTaken)
    {
        ReadOnlySpan<Message> messages = Submission is null ? [] : CollectionsMarshal.AsSpan(Submission.Messages).Slice(First, Count);
        int status = 0;
        if ((Refusal ?? notTaken ?? Outcomes.Check(messages, out status)) is { } problem)
            AnswerText.WriteProblemLine(output, problem, Line);
        else if (IsList)
            AnswerText.WriteListLine(output, messages, status);
        else
            AnswerText.WriteMessageLine(output, messages[0], status);
    }
}
