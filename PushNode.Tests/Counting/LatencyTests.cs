using PushNode.Counting;

namespace PushNode.Tests.Counting;

internal sealed class LatencyTests
{
    [Test]
    public void Buckets_AreInOrder_WithoutHoles_AndAboutATenthWide()
    {
        int last = -1;
        for (long microseconds = 0; microseconds <= LatencyBuckets.Longest; microseconds += Math.Max(1, microseconds / 50))
        {
            int bucket = LatencyBuckets.Of(microseconds);
            Assert.That(bucket, Is.EqualTo(last).Or.EqualTo(last + 1), $"{microseconds} µs");
            Assert.That(LatencyBuckets.MiddleOf(bucket) * 1000, Is.EqualTo((double)microseconds).Within(Math.Max(1, microseconds * 0.065)), $"{microseconds} µs");
            last = bucket;
        }

        Assert.That(LatencyBuckets.Of(LatencyBuckets.Longest), Is.EqualTo(LatencyBuckets.Count - 1));
        Assert.That(LatencyBuckets.Count, Is.LessThanOrEqualTo(byte.MaxValue + 1));
    }

    [TestCase(-5, 0)]
    [TestCase(long.MinValue, 0)]
    [TestCase(long.MaxValue, LatencyBuckets.Longest)]
    public void Durations_OutOfRange_CountAsTheNearest(long microseconds, long nearest) =>
        Assert.That(LatencyBuckets.Of(microseconds), Is.EqualTo(LatencyBuckets.Of(nearest)));

    [Test]
    public void Percentiles_AreThoseOfWhatWasRecorded()
    {
        var latencies = new Latencies();
        for (int i = 1; i <= 1000; i++)
            latencies.Record(i * 100);
        var sum = new LatencySum();
        latencies.AddTo(sum);

        Assert.That(sum.Percentile(0.5), Is.EqualTo(50).Within(7).Percent);
        Assert.That(sum.Percentile(0.99), Is.EqualTo(99).Within(7).Percent);
        Assert.That(sum.Percentile(1), Is.EqualTo(100).Within(7).Percent);
        Assert.That(sum.Percentile(0), Is.EqualTo(0.1).Within(7).Percent);
        Assert.That(new LatencySum().Percentile(0.5), Is.Null);
    }

    [Test]
    public void Percentiles_OfTwoNodes_AreThoseOfAllTheirMessages()
    {
        // Nine of ten are quick on one node; the mean of the two medians would be 50 ms.
        var quick = new LatencySum();
        quick.Add(LatencyBuckets.Of(1_000), 900);
        var slow = new LatencySum();
        slow.Add(LatencyBuckets.Of(100_000), 100);
        var both = new LatencySum();
        both.Add(quick.Since(new LatencySum()));
        both.Add(slow.Since(new LatencySum()));

        Assert.That(both.Percentile(0.5), Is.EqualTo(1).Within(7).Percent);
        Assert.That(both.Percentile(0.99), Is.EqualTo(100).Within(7).Percent);
    }

    [Test]
    public void Since_IsWhatCameAfterwards()
    {
        var before = new LatencySum();
        before.Add(3, 5);
        before.Add(7, 1);
        var now = new LatencySum();
        now.Add(3, 5);
        now.Add(7, 4);
        now.Add(9, 2);

        Assert.That(now.Since(before), Is.EqualTo(new[] { new LatencyCount(7, 3), new LatencyCount(9, 2) }));
    }

    [Test]
    public void Tally_LosesNothing_WhateverCountsAtTheSameTime()
    {
        var tally = new Tally();
        var latencies = new Latencies();

        Parallel.For(0, 8, _ =>
        {
            for (int i = 0; i < 50_000; i++)
            {
                tally.Add(2);
                latencies.Record(10);
            }
        });

        var sum = new LatencySum();
        latencies.AddTo(sum);
        Assert.That(tally.Total, Is.EqualTo(800_000));
        Assert.That(sum.Since(new LatencySum()).Single().Count, Is.EqualTo(400_000));
    }
}
