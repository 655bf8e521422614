using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using PushNode.Diagnostics;
using PushNode.Transport;

namespace PushNode.Collect;

/// <summary>The requests to <c>/collect</c> of one connection, one after the other.</summary>
internal sealed class CollectExchange
{
    private readonly PostConnection connection;
    private readonly Posting posting;
    private readonly CollectMetrics metrics;
    private readonly ILogger logger;
    private readonly Action end;
    private ValueTaskAwaiter completion;

    public CollectExchange(PostConnection connection, Posting posting, CollectMetrics metrics, ILogger logger)
    {
        this.connection = connection;
        this.posting = posting;
        this.metrics = metrics;
        this.logger = logger;
        end = End;
    }

    public void Begin(ReadOnlySpan<byte> body, Producer producer)
    {
        if (posting.Submit(body, producer) is { } refused)
        {
            metrics.CountRefused(refused.Code);
            Refuse(refused);
            return;
        }

        completion = posting.Completion.GetAwaiter();
        if (completion.IsCompleted)
            End();
        else
            completion.UnsafeOnCompleted(end);
    }

    // Does not throw: whoever has stored the message goes on after this.
    private void End()
    {
        try
        {
            completion.GetResult();
            if (posting.Check(out int status) is { } notStored)
            {
                posting.Reset();
                Refuse(notStored);
            }
            else
            {
                Answer(status);
            }
        }
        catch (Exception e)
        {
            CollectLog.AnswerFailed(logger, e);
            connection.Abort();
        }
    }

    // The posting is ready for the next request before this one's answer is written: it may come at once.
    private void Answer(int status)
    {
        Span<byte> text = stackalloc byte[AnswerText.LongestMessage];
        if (posting.IsList)
        {
            var list = new ArrayBufferWriter<byte>();
            AnswerText.WriteList(list, CollectionsMarshal.AsSpan(posting.Messages));
            text = list.WrittenSpan.ToArray();
        }
        else
        {
            text = text[..AnswerText.WriteMessage(text, posting.Messages[0])];
        }

        posting.Reset();
        connection.Answer(status == StatusCodes.Status200OK ? "200 OK"u8 : "202 Accepted"u8, "Content-Type: application/json\r\n"u8, text);
    }

    private void Refuse(Problem problem)
    {
        string status = $"{problem.Status} {Microsoft.AspNetCore.WebUtilities.ReasonPhrases.GetReasonPhrase(problem.Status)}";
        string headers = $"Content-Type: {Problem.ContentType}\r\n";
        if (problem.RetryAfter > 0)
            headers += string.Create(CultureInfo.InvariantCulture, $"Retry-After: {problem.RetryAfter}\r\n");
        connection.Answer(Encoding.ASCII.GetBytes(status), Encoding.ASCII.GetBytes(headers), problem.ToBytes());
    }
}
