using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace PushNode.Collect;

/// <summary>
/// One <c>/collect/batch</c> request: lines in, answers out, both at once. A fixed number of chunks goes round between the two sides, so whoever reads its
/// answers slowly is read slowly, and what is in memory is bounded.
/// </summary>
internal sealed class BatchStream
{
    private const int Chunks = 16;
    private const int FlushBytes = 16 * 1024;

    private readonly HttpContext context;
    private readonly Producer producer;
    private readonly Intake intake;
    private readonly Batcher batcher;
    private readonly DeliveryWait deliveries;
    private readonly LineReader lines;
    private readonly Channel<LineChunk> free = Channel.CreateBounded<LineChunk>(Chunks);
    private readonly Channel<LineChunk> submitted = Channel.CreateBounded<LineChunk>(Chunks);

    public BatchStream(HttpContext context, Producer producer, Intake intake, Batcher batcher, DeliveryWait deliveries, CollectMetrics metrics)
    {
        this.context = context;
        this.producer = producer;
        this.intake = intake;
        this.batcher = batcher;
        this.deliveries = deliveries;
        lines = new LineReader(intake.BodyLimit);
        for (int i = 0; i < Chunks; i++)
            free.Writer.TryWrite(new LineChunk(Math.Max(1, intake.MaxLinesInFlight / Chunks), metrics));
    }

    /// <summary>
    /// Returns when the last line has been answered. When the node stops it reads no more and answers what it has read: lines without an answer are not
    /// promised. When the producer goes away, what it sent until then is handled as if it had stayed.
    /// </summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stopping, context.RequestAborted);
        Task answers = WriteAnswersAsync(stop);
        try
        {
            await ReadLinesAsync(stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The node stops, or the answers cannot be written, of which the task below tells.
        }
        catch (ConnectionResetException)
        {
            // The producer has gone; it may be noticed here before the request counts as aborted.
        }
        finally
        {
            submitted.Writer.Complete();
            await answers;
        }
    }

    private async Task ReadLinesAsync(CancellationToken cancellationToken)
    {
        PipeReader body = context.Request.BodyReader;
        // Not by the token of the read: after that the server cannot drain what is left of the body, and logs an error.
        await using CancellationTokenRegistration cancelling = cancellationToken.UnsafeRegister(static reader => ((PipeReader)reader!).CancelPendingRead(), body);
        bool more = true;
        while (more)
        {
            // The bound on what is in flight: without a free chunk nothing is read.
            LineChunk chunk = await free.Reader.ReadAsync(cancellationToken);
            ReadResult result = await body.ReadAsync(CancellationToken.None);
            if (result.IsCanceled)
            {
                body.AdvanceTo(result.Buffer.Start);
                return;
            }

            SequencePosition consumed = Fill(chunk, result.Buffer, result.IsCompleted);
            more = !result.IsCompleted || !consumed.Equals(result.Buffer.End);
            body.AdvanceTo(consumed, chunk.IsFull ? consumed : result.Buffer.End);

            if (chunk.IsEmpty)
            {
                free.Writer.TryWrite(chunk);
            }
            else
            {
                await chunk.SubmitAsync(batcher, cancellationToken);
                submitted.Writer.TryWrite(chunk);
            }
        }
    }

    private SequencePosition Fill(LineChunk chunk, ReadOnlySequence<byte> buffer, bool final)
    {
        var reader = new SequenceReader<byte>(buffer);
        while (!chunk.IsFull && lines.TryRead(ref reader, final, out ReadOnlySequence<byte> line, out bool tooLong))
        {
            if (tooLong)
                chunk.Refuse(lines.Number, Refusals.LineTooLarge(intake.BodyLimit));
            else
                Add(chunk, line);
        }

        return reader.Position;
    }

    private void Add(LineChunk chunk, in ReadOnlySequence<byte> line)
    {
        using var text = new ContiguousText(line);
        if (JsonText.IsBlank(text.Bytes))
            return;
        if (intake.Read(text.Bytes, producer, out CollectRequest request) is { } refusal)
            chunk.Refuse(lines.Number, refusal);
        else
            chunk.Add(lines.Number, request, producer, intake);
    }

    private async Task WriteAnswersAsync(CancellationTokenSource stop)
    {
        var output = new ArrayBufferWriter<byte>(2 * FlushBytes);
        try
        {
            while (await submitted.Reader.WaitToReadAsync(context.RequestAborted))
            {
                while (submitted.Reader.TryRead(out LineChunk? chunk))
                {
                    await CompleteAsync(chunk, output);
                    chunk.WriteAnswers(output);
                    chunk.Reset();
                    free.Writer.TryWrite(chunk);
                    if (output.WrittenCount >= FlushBytes)
                        await FlushAsync(output);
                }

                await FlushAsync(output);
            }
        }
        finally
        {
            // The other side waits for free chunks or for lines; neither would be of use now.
            await stop.CancelAsync();
        }
    }

    /// <summary>Waits for a chunk's outcomes; the answers that are ready do not wait with it.</summary>
    private async ValueTask CompleteAsync(LineChunk chunk, ArrayBufferWriter<byte> output)
    {
        ValueTask completion = chunk.WaitAsync();
        if (!completion.IsCompleted)
            await FlushAsync(output);
        await completion;
        if (producer.Waits)
        {
            await FlushAsync(output);
            await chunk.WaitAsync(deliveries, context.RequestAborted);
        }
    }

    private async ValueTask FlushAsync(ArrayBufferWriter<byte> output)
    {
        if (output.WrittenCount == 0)
            return;
        await context.Response.BodyWriter.WriteAsync(output.WrittenMemory, context.RequestAborted);
        output.ResetWrittenCount();
    }
}
