using System.Diagnostics;
using PushNode.Storage;
using PushNode.Storage.Journal;

namespace PushNode.Tests.Storage;

internal sealed class RestTests
{
    [Test]
    public async Task Rest_LastsUntilAMomentAfterTheBatchBegan()
    {
        var time = new SteppedTime();
        await using var queue = new WorkQueue("resting", threads: 1, capacity: 1);
        var rest = new Rest(queue, time);

        rest.Begin();
        long start = Stopwatch.GetTimestamp();
        Task first = rest.WaitAsync().AsTask();
        Assert.That(first, Is.Not.SameAs(Task.CompletedTask));
        await first.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.That(Stopwatch.GetElapsedTime(start), Is.GreaterThan(TimeSpan.FromMicroseconds(200)));

        time.Timestamp += time.TimestampFrequency / 1_000;
        Assert.That(rest.WaitAsync().AsTask(), Is.SameAs(Task.CompletedTask), "it was long ago");
        rest.Begin();
        Assert.That(rest.WaitAsync().AsTask(), Is.Not.SameAs(Task.CompletedTask), "and now it is not");
    }

    [Test]
    public async Task Rest_IsNone_WhenTheThreadHasEnded()
    {
        var queue = new WorkQueue("resting", threads: 1, capacity: 1);
        var rest = new Rest(queue, new SteppedTime());
        await queue.DisposeAsync();

        rest.Begin();

        Assert.That(rest.WaitAsync().AsTask(), Is.SameAs(Task.CompletedTask));
    }

    private sealed class SteppedTime : TimeProvider
    {
        public long Timestamp { get; set; }

        public override long GetTimestamp() => Timestamp;
    }
}
