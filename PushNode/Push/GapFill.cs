using PushNode.Cluster;
using PushNode.Storage;

namespace PushNode.Push;

/// <summary>Reads from the store what live delivery has missed in a channel: one read for all of its subscriptions, before anything newer is written.</summary>
internal sealed class GapFill(IMessageStore store, Revocations revocations, PushMetrics metrics, FlushQueue flushes, PushOptions options, TimeProvider time, ILogger<GapFill> logger) : IDisposable
{
    private const int PageBytes = 64 * 1024;

    /// <summary>Reads at the same time: after a failure every channel may have missed something.</summary>
    private const int MaxReads = 256;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly SemaphoreSlim reads = new(MaxReads, MaxReads);

    /// <summary>Starts filling a feed that has said it needs it; the feed says so once until it is filled.</summary>
    public void Start(ChannelFeed feed) => _ = RunAsync(feed);

    public void Dispose() => reads.Dispose();

    private async Task RunAsync(ChannelFeed feed)
    {
        // What was only overtaken arrives by itself meanwhile.
        await Task.Delay(options.GapWait, time);
        var touched = new FlushList(flushes);
        try
        {
            while (feed.FindGap() is { } after)
            {
                if (!await FillOnceAsync(feed, after, touched))
                    await Task.Delay(Pause, time);
            }
        }
        catch (ObjectDisposedException)
        {
            // The node has stopped.
        }
    }

    private async Task<bool> FillOnceAsync(ChannelFeed feed, long after, FlushList touched)
    {
        await reads.WaitAsync();
        try
        {
            MessagePage page = await store.ReadAsync(feed.Channel, after, PageBytes, CancellationToken.None);
            await revocations.CatchUpAsync();
            metrics.GapsFilled.Add(1);
            bool moved = feed.Fill(page, touched);
            touched.Flush();
            return moved;
        }
        catch (StoreUnavailableException e)
        {
            PushLog.StoreAway(logger, $"a gap in {feed.Channel}", e.Message);
        }
        catch (Exception e)
        {
            PushLog.Failed(logger, $"Filling a gap in {feed.Channel}", e);
        }
        finally
        {
            reads.Release();
        }

        return false;
    }
}
