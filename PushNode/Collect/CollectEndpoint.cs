using System.Buffers;
using System.Runtime.InteropServices;
using PushNode.Access;
using PushNode.Diagnostics;

namespace PushNode.Collect;

/// <summary><c>POST /collect</c>: one request, answered when the store has confirmed it.</summary>
internal sealed class CollectEndpoint(ProducerGuard guard, Intake intake, Batcher batcher, DeliveryWait deliveries, CollectMetrics metrics)
{
    public async Task HandleAsync(HttpContext context)
    {
        if (Check(context, out Producer producer) is { } refused)
        {
            await RefuseAsync(context, refused);
            return;
        }

        if (await RequestBody.ReadAsync(context, intake.BodyLimit) is not { } body)
        {
            await RefuseAsync(context, Refusals.BodyTooLarge(intake.BodyLimit));
            return;
        }

        var posting = new Posting(intake, batcher);
        Problem? problem = Submit(posting, body, producer);
        context.Request.BodyReader.AdvanceTo(body.End);
        if (problem is not null)
        {
            await RefuseAsync(context, problem);
            return;
        }

        await posting.Completion;
        if (producer.Waits)
            await deliveries.WaitAsync(posting.Messages, context.RequestAborted);
        await AnswerAsync(context, posting);
    }

    private Problem? Check(HttpContext context, out Producer producer)
    {
        producer = default;
        bool waits = false;
        Problem? problem = guard.Check(context, out int key) ?? ContentTypes.CheckJson(context.Request) ?? CollectQuery.Read(context.Request, out waits);
        producer = new Producer(key, waits);
        return problem;
    }

    private static Problem? Submit(Posting posting, ReadOnlySequence<byte> body, Producer producer)
    {
        using var text = new ContiguousText(body);
        return posting.Submit(text.Bytes, producer);
    }

    private static Task AnswerAsync(HttpContext context, Posting posting)
    {
        if (posting.Check(out int status) is { } notStored)
            return notStored.WriteAsync(context);

        HttpResponse response = context.Response;
        response.StatusCode = status;
        response.ContentType = ContentTypes.Json;
        if (posting.IsList)
        {
            AnswerText.WriteList(response.BodyWriter, CollectionsMarshal.AsSpan(posting.Messages));
        }
        else
        {
            Span<byte> text = stackalloc byte[AnswerText.LongestMessage];
            text = text[..AnswerText.WriteMessage(text, posting.Messages[0])];
            response.ContentLength = text.Length;
            response.BodyWriter.Write(text);
        }

        return Task.CompletedTask;
    }

    private Task RefuseAsync(HttpContext context, Problem problem)
    {
        metrics.CountRefused(problem.Code);
        return problem.WriteAsync(context);
    }
}
