using System.Buffers;
using System.IO.Pipelines;
using PushNode.Transport;

namespace PushNode.Push;

/// <summary>The bytes for a client of the web server.</summary>
internal sealed class PipeOutput(PipeWriter writer) : IOutput
{
    public ValueTask<bool> WriteAsync(ReadOnlySpan<byte> bytes)
    {
        writer.Write(bytes);
        ValueTask<FlushResult> flush = writer.FlushAsync();
        return flush.IsCompletedSuccessfully ? new(IsOpen(flush.GetAwaiter().GetResult())) : WaitAsync(flush);
    }

    private static async ValueTask<bool> WaitAsync(ValueTask<FlushResult> flush) => IsOpen(await flush);

    private static bool IsOpen(FlushResult result) => !result.IsCompleted && !result.IsCanceled;
}
