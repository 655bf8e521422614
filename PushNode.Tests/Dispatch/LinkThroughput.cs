using System.Diagnostics;
using PushNode.Dispatch.Remote;
using PushNode.Messages;

namespace PushNode.Tests.Dispatch;

/// <summary>Prints what one link carries on this machine, sender and receiver in one process. Run by name: it measures, it asserts nothing of speed.</summary>
[Explicit("measures")]
[NonParallelizable]
internal sealed class LinkThroughput : IDisposable
{
    private readonly LinkParts parts = new();

    public void Dispose() => parts.Dispose();

    [TestCase(100)]
    [TestCase(1_000)]
    public Task AsFastAsItTakesThem(int size) => Task.Run(() => SendAsync(size));

    [TestCase(1_000)]
    [TestCase(5_000)]
    [TestCase(20_000)]
    public Task AtARate(int perSecond) => Task.Run(() => SendAtAsync(perSecond));

    private async Task SendAsync(int size)
    {
        const int Messages = 1_000_000, Batch = 100;
        parts.Options.MaxQueuedBytes = 1_000_000_000;
        await using PushNodeDouble node = await PushNodeDouble.StartAsync();
        node.Delivery.KeepsMessages = false;
        await using var link = new NodeLink(node.Host.Peer, parts.Services);
        Message[][] batches = [.. Enumerable.Range(0, 10).Select(i => TestMessages.Stored((i * Batch) + 1, (i + 1) * Batch, size: size))];

        for (int run = 0; run < 2; run++)
        {
            long before = node.Delivery.Count, requests = node.Delivery.Requests.Count, allocated = GC.GetTotalAllocatedBytes();
            long start = Stopwatch.GetTimestamp();
            TimeSpan processor = Environment.CpuUsage.TotalTime;
            for (int sent = 0; sent < Messages; sent += Batch)
            {
                await link.DeliverAsync(batches[sent / Batch % batches.Length], CancellationToken.None);
                while (sent - (node.Delivery.Count - before) > 20_000)
                    await Task.Yield();
            }

            while (node.Delivery.Count - before < Messages)
                await Task.Delay(1);
            double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            double cpu = (Environment.CpuUsage.TotalTime - processor).TotalMicroseconds / Messages;
            TestContext.Out.WriteLine(
                $"{size} bytes of data: {Messages / seconds:N0} messages/s, {1000.0 * (node.Delivery.Requests.Count - requests) / Messages:N2} requests per 1,000 messages, {cpu:N2} us of processor and {(GC.GetTotalAllocatedBytes() - allocated) / (double)Messages:N0} bytes allocated per message on both sides");
        }
    }

    private async Task SendAtAsync(int perSecond)
    {
        TimeSpan duration = TimeSpan.FromSeconds(5);
        await using PushNodeDouble node = await PushNodeDouble.StartAsync();
        node.Delivery.KeepsMessages = false;
        await using var link = new NodeLink(node.Host.Peer, parts.Services);
        var random = new Random(1);
        await link.DeliverAsync(TestMessages.Stored(1, 1), CancellationToken.None);

        // Each by itself and at random, as producers that know nothing of one another.
        long start = Stopwatch.GetTimestamp();
        double next = 0;
        int sent = 0;
        var latencies = new List<double>();
        while (next < duration.TotalSeconds)
        {
            while (Stopwatch.GetElapsedTime(start).TotalSeconds < next)
                await Task.Yield();
            DeliveryReport? report = sent % 100 == 0 ? new DeliveryReport(1) : null;
            long posted = Stopwatch.GetTimestamp();
            _ = report?.Completed.ContinueWith(
                _ =>
                {
                    lock (latencies)
                        latencies.Add(Stopwatch.GetElapsedTime(posted).TotalMilliseconds);
                },
                TaskScheduler.Default);
            await link.DeliverAsync([TestMessages.Stored(sent + 2, report, 200)], CancellationToken.None);
            sent++;
            next -= Math.Log(1 - random.NextDouble()) / perSecond;
        }

        while (node.Delivery.Count < sent + 1)
            await Task.Delay(1);
        int requests = node.Delivery.Requests.Count - 1;
        lock (latencies)
            latencies.Sort();
        TestContext.Out.WriteLine(
            $"{perSecond:N0} messages/s: {1000.0 * requests / sent:N0} requests per 1,000 messages, {(double)sent / requests:N1} messages per request; there and back with the report: median {latencies[latencies.Count / 2]:N2} ms, 99% {latencies[latencies.Count * 99 / 100]:N2} ms");
    }
}
