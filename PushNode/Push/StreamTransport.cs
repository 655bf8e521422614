using System.IO.Pipelines;

namespace PushNode.Push;

/// <summary>A client behind the stream that the web server gives after an upgrade. It reads without a buffer until bytes are there.</summary>
internal sealed class StreamTransport(Stream stream, Action abort) : IClientTransport
{
    private static readonly StreamPipeReaderOptions ReaderOptions = new(bufferSize: 1024, minimumReadSize: 256, leaveOpen: true, useZeroByteReads: true);
    private static readonly StreamPipeWriterOptions WriterOptions = new(leaveOpen: true);

    public PipeReader Input { get; } = PipeReader.Create(stream, ReaderOptions);

    public PipeWriter Output { get; } = PipeWriter.Create(stream, WriterOptions);

    public void Abort() => abort();
}
