using System.IO.Pipelines;
using System.Text.Json;
using PushNode.Admin.Status;
using PushNode.Counting;
using PushNode.Tests.Support;

namespace PushNode.Tests.Admin;

internal sealed class StatusFeedTests : IDisposable
{
    private readonly StatusParts parts = new();

    public void Dispose() => parts.Dispose();

    [Test]
    public void Samples_HaveWhatWasCountedSinceTheLast_AndWhatThereIs()
    {
        parts.Counts.Accepted = 5;
        parts.Counts.Connections = 3;
        parts.Counts.Latencies.Add(4, 10);
        parts.Pass();
        parts.Counts.Accepted = 7;
        parts.Counts.Connections = 2;
        parts.Counts.OutboxBytes = 99;
        parts.Counts.Latencies.Add(4, 1);
        parts.Pass();

        NodeSample[] samples = parts.Ring.Since(0);
        Assert.That(samples.Select(static s => (s.Number, s.Accepted, s.Connections, s.OutboxBytes)), Is.EqualTo(new[] { (1L, 5L, 3, 0L), (2L, 2L, 2, 99L) }));
        Assert.That(samples[1].Latencies, Is.EqualTo(new[] { new LatencyCount(4, 1) }));
        Assert.That(samples[1].Memory, Is.GreaterThan(samples[1].Heap).And.GreaterThan(1_000_000));
        Assert.That(samples[1].Second - samples[0].Second, Is.EqualTo(1));
    }

    [Test]
    public void Ring_KeepsTheLastFiveMinutes()
    {
        for (int i = 0; i < SampleRing.Size + 10; i++)
            parts.Pass();

        Assert.That(parts.Ring.Since(0).Select(static s => s.Number), Is.EqualTo(Enumerable.Range(11, SampleRing.Size)));
        Assert.That(parts.Ring.Since(SampleRing.Size + 8).Select(static s => s.Number), Is.EqualTo(new[] { SampleRing.Size + 9, SampleRing.Size + 10 }));
    }

    [Test]
    public async Task Sampling_IsAtEachFullSecond()
    {
        await parts.Sampling.StartAsync(CancellationToken.None);
        await Eventually.BecomesTrueAsync(() => parts.Time.Timers > 0, "it waits");
        parts.Time.StandStill(TimeSpan.FromMilliseconds(1_300));
        for (int taken = 1; taken <= 3; taken++)
        {
            await Eventually.BecomesTrueAsync(
                () =>
                {
                    parts.Time.Advance(TimeSpan.FromMilliseconds(10));
                    return parts.Ring.Since(0).Length >= taken;
                },
                "a sample is taken");
            await Eventually.BecomesTrueAsync(() => parts.Time.Timers > 0, "it waits");
        }

        await parts.Sampling.StopAsync(CancellationToken.None);
        NodeSample[] samples = parts.Ring.Since(0);
        Assert.That(samples[1..3].Select(static s => s.Time % 1000), Is.All.LessThan(400), "the first one was late");
    }

    [Test]
    public async Task AStream_BeginsWithTheHistory_AndGoesOnWithoutAHoleOrARepeat()
    {
        parts.Counts.Accepted = 1;
        parts.Pass();
        parts.Counts.Accepted = 3;
        parts.Pass();
        parts.Counts.Accepted = 6;
        parts.Pass();
        using StatusStream stream = parts.Feed.TryOpen()!;

        (string name, JsonElement history) = await StatusParts.ReadAsync(stream);
        (string next, JsonElement status) = await StatusParts.ReadAsync(stream);

        Assert.That((name, next), Is.EqualTo(("history", "status")));
        Assert.That(history.GetProperty("interval").GetInt32(), Is.EqualTo(1));
        Assert.That(history.GetProperty("points").EnumerateArray().Select(static p => p.GetProperty("accepted").GetInt32()), Is.EqualTo(new[] { 1, 2 }));
        Assert.That(status.GetProperty("point").GetProperty("accepted").GetInt32(), Is.EqualTo(3));
        Assert.That(status.GetProperty("point").GetProperty("time").GetString(), Is.EqualTo("2026-11-21T08:00:03.000Z"));

        parts.Counts.Accepted = 10;
        parts.Pass();
        (_, status) = await StatusParts.ReadAsync(stream);
        using StatusStream second = parts.Feed.TryOpen()!;
        (_, history) = await StatusParts.ReadAsync(second);
        (_, JsonElement same) = await StatusParts.ReadAsync(second);

        Assert.That(status.GetProperty("point").GetProperty("accepted").GetInt32(), Is.EqualTo(4));
        Assert.That(history.GetProperty("points").EnumerateArray().Select(static p => p.GetProperty("accepted").GetInt32()), Is.EqualTo(new[] { 1, 2, 3 }));
        Assert.That(same.GetRawText(), Is.EqualTo(status.GetRawText()), "it comes at once");
    }

    [Test]
    public async Task AStreamThatIsSlow_GetsTheNewest()
    {
        parts.Pass();
        using StatusStream slow = parts.Feed.TryOpen()!;
        using StatusStream quick = parts.Feed.TryOpen()!;
        await StatusParts.ReadAsync(slow);
        await StatusParts.ReadAsync(quick);
        await StatusParts.ReadAsync(quick);
        for (int i = 0; i < 5; i++)
        {
            parts.Counts.Accepted++;
            parts.Pass();
            await StatusParts.ReadAsync(quick);
        }

        (_, JsonElement newest) = await StatusParts.ReadAsync(slow);
        Assert.That(newest.GetProperty("point").GetProperty("time").GetString(), Is.EqualTo("2026-11-21T08:00:06.000Z"));
    }

    [Test]
    public async Task AReaderThatTakesNothingForTenSeconds_IsCut()
    {
        parts.Pass();
        using StatusStream stream = parts.Feed.TryOpen()!;
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 1, resumeWriterThreshold: 1));
        Task<bool> copying = parts.Endpoint.TryCopyAsync(stream, pipe.Writer, CancellationToken.None);
        for (int i = 0; i < 3; i++)
        {
            // It may take its time, within the ten seconds.
            ReadResult read = await ReadAsync(pipe.Reader);
            await Eventually.BecomesTrueAsync(() => parts.Time.Timers > 0, "the writer waits");
            parts.Time.Advance(TimeSpan.FromSeconds(8));
            pipe.Reader.AdvanceTo(read.Buffer.End);
            parts.Pass();
        }

        await ReadAsync(pipe.Reader);
        await Eventually.BecomesTrueAsync(() => parts.Time.Timers > 0, "the writer waits");
        Assert.That(copying.IsCompleted, Is.False);
        parts.Time.Advance(TimeSpan.FromSeconds(10.1));

        Assert.That(await copying.WaitAsync(TimeSpan.FromSeconds(20)), Is.False);
    }

    private static Task<ReadResult> ReadAsync(PipeReader reader) => reader.ReadAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20));

    [Test]
    public async Task WhenTheNodeStops_TheLastEventIsClose()
    {
        parts.Pass();
        using StatusStream stream = parts.Feed.TryOpen()!;
        await StatusParts.ReadAsync(stream);
        await StatusParts.ReadAsync(stream);
        Task<(string Name, JsonElement Data)> next = StatusParts.ReadAsync(stream);

        await parts.Feed.StoppingAsync(CancellationToken.None);

        Assert.That((await next).Name, Is.EqualTo("close"));
        Assert.That(await stream.NextAsync(CancellationToken.None), Is.Null);
        Assert.That(parts.Feed.TryOpen(), Is.Null);
        await parts.Feed.StopAsync(CancellationToken.None);
        await parts.Feed.StoppedAsync(CancellationToken.None);
    }

    [Test]
    public async Task WhenNobodyWatches_NothingIsTold_AndTheNextOneGetsWhatIsNew()
    {
        parts.Pass();
        using (StatusStream first = parts.Feed.TryOpen()!)
        {
            await StatusParts.ReadAsync(first);
            await StatusParts.ReadAsync(first);
        }

        parts.Pass();
        parts.Pass();
        parts.Pass();
        using StatusStream second = parts.Feed.TryOpen()!;
        Assert.That((await StatusParts.ReadAsync(second)).Name, Is.EqualTo("history"));

        // It may have been opened before the others' end was noticed.
        string? time;
        do
            time = (await StatusParts.ReadAsync(second)).Data.GetProperty("point").GetProperty("time").GetString();
        while (time != "2026-11-21T08:00:04.000Z");
    }

    [Test]
    public void Streams_AreBounded()
    {
        StatusStream?[] open = [.. Enumerable.Range(0, StatusFeed.MaxStreams).Select(_ => parts.Feed.TryOpen())];
        Assert.That(open, Has.None.Null);
        Assert.That(parts.Feed.TryOpen(), Is.Null);
        open[3]!.Dispose();
        using StatusStream? again = parts.Feed.TryOpen();
        Assert.That(again, Is.Not.Null);
        foreach (StatusStream? stream in open[4..])
            stream!.Dispose();
    }
}
