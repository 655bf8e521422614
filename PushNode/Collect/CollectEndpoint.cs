using System.Buffers;
using System.Runtime.InteropServices;
using PushNode.Access;
using PushNode.Diagnostics;
using PushNode.Messages;

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

        Problem? problem = Submit(body, producer, out Submission? submission, out bool isList);
        context.Request.BodyReader.AdvanceTo(body.End);
        if (problem is not null)
        {
            await RefuseAsync(context, problem);
            return;
        }

        await submission!.Completion;
        if (producer.Waits)
            await deliveries.WaitAsync(submission.Messages, context.RequestAborted);
        await AnswerAsync(context, submission, isList);
    }

    private Problem? Check(HttpContext context, out Producer producer)
    {
        producer = default;
        bool waits = false;
        Problem? problem = guard.Check(context, out int key) ?? ContentTypes.CheckJson(context.Request) ?? CollectQuery.Read(context.Request, out waits);
        producer = new Producer(key, waits);
        return problem;
    }

    private Problem? Submit(ReadOnlySequence<byte> body, Producer producer, out Submission? submission, out bool isList)
    {
        submission = null;
        isList = false;
        using var text = new ContiguousText(body);
        if (intake.Read(text.Bytes, producer, out CollectRequest request) is { } refused)
            return refused;
        isList = request.Recipients is not null;
        submission = new Submission(request.Ephemeral) { AnswersAtOnce = true };
        intake.Add(request, producer, submission);
        return Outcomes.Check(batcher.Submit(submission));
    }

    private static Task AnswerAsync(HttpContext context, Submission submission, bool isList)
    {
        ReadOnlySpan<Message> messages = CollectionsMarshal.AsSpan(submission.Messages);
        if (Outcomes.Check(messages, out int status) is { } notStored)
            return notStored.WriteAsync(context);

        HttpResponse response = context.Response;
        response.StatusCode = status;
        response.ContentType = ContentTypes.Json;
        if (isList)
        {
            AnswerText.WriteList(response.BodyWriter, messages);
        }
        else
        {
            Span<byte> text = stackalloc byte[AnswerText.LongestMessage];
            text = text[..AnswerText.WriteMessage(text, messages[0])];
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
