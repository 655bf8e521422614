using System.Diagnostics;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;

namespace PushNode.Tests.Support;

/// <summary>
/// A link to a node that takes at once whatever the node sends, as large buffers do, and hands it on at its own pace. The other way it is quick. For one
/// connection.
/// </summary>
internal sealed class SlowLink : IAsyncDisposable
{
    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(20);

    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly TcpClient upstream = new();
    private readonly CancellationTokenSource stopped = new();
    private readonly Task running;

    /// <param name="node">Where it leads.</param>
    /// <param name="bytesPerSecond">How fast it hands on what comes from there.</param>
    public SlowLink(Uri node, int bytesPerSecond)
    {
        listener.Start();
        running = RunAsync(node, bytesPerSecond);
    }

    /// <summary>What a client connects to.</summary>
    public Uri Address => new($"http://{listener.LocalEndpoint}/");

    public async ValueTask DisposeAsync()
    {
        await stopped.CancelAsync();
        listener.Stop();
        await running;
        upstream.Dispose();
        stopped.Dispose();
    }

    private async Task RunAsync(Uri node, int bytesPerSecond)
    {
        try
        {
            using TcpClient client = await listener.AcceptTcpClientAsync(stopped.Token);
            await upstream.ConnectAsync(node.Host, node.Port, stopped.Token);
            var buffers = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
            await Task.WhenAny(
                client.GetStream().CopyToAsync(upstream.GetStream(), stopped.Token),
                Task.WhenAll(FillAsync(buffers.Writer), HandOnAsync(buffers.Reader, client.GetStream(), bytesPerSecond)));
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            // One of the ends is gone, or the test has ended.
        }
    }

    private async Task FillAsync(PipeWriter buffers)
    {
        try
        {
            await upstream.GetStream().CopyToAsync(buffers, stopped.Token);
        }
        finally
        {
            await buffers.CompleteAsync();
        }
    }

    private async Task HandOnAsync(PipeReader buffers, NetworkStream client, int bytesPerSecond)
    {
        long start = Stopwatch.GetTimestamp();
        long sent = 0;
        while (true)
        {
            ReadResult result = await buffers.ReadAsync(stopped.Token);
            if (result.IsCompleted && result.Buffer.IsEmpty)
                return;
            // What was not used in a pause is not made up for afterwards.
            long allowed = (long)(Stopwatch.GetElapsedTime(start).TotalSeconds * bytesPerSecond) - sent;
            if (allowed > bytesPerSecond)
            {
                sent += allowed - bytesPerSecond;
                allowed = bytesPerSecond;
            }

            var now = result.Buffer.Slice(0, Math.Min(allowed, result.Buffer.Length));
            foreach (ReadOnlyMemory<byte> part in now)
                await client.WriteAsync(part, stopped.Token);
            sent += now.Length;
            buffers.AdvanceTo(now.End);
            await Task.Delay(Beat, stopped.Token);
        }
    }
}
