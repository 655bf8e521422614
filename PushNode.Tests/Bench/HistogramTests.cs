using PushNode.Bench;

namespace PushNode.Tests.Bench;

internal sealed class HistogramTests
{
    [TestCase(50)]
    [TestCase(90)]
    [TestCase(99)]
    [TestCase(99.9)]
    [TestCase(100)]
    public void Percentile_IsWithinHalfAPercent_OfTheSortedValues(double percent)
    {
        var random = new Random(7);
        var histogram = new Histogram();
        // From nanoseconds to minutes, as evenly over the powers of two as latencies never are.
        long[] values = [.. Enumerable.Range(0, 100_000).Select(_ => (long)Math.Pow(2, random.NextDouble() * 37))];
        foreach (long value in values)
            histogram.Add(value);

        Array.Sort(values);
        long exact = values[(int)Math.Ceiling(percent / 100 * values.Length) - 1];
        Assert.That((double)histogram.Percentile(percent), Is.EqualTo((double)exact).Within(0.5).Percent);
        Assert.That(histogram.Max, Is.EqualTo(values[^1]));
        Assert.That(histogram.Count, Is.EqualTo(values.Length));
        Assert.That(histogram.Mean, Is.EqualTo(values.Average()).Within(0.001).Percent);
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(127)]
    [TestCase(128)]
    [TestCase(long.MaxValue)]
    public void OneValue_IsEveryPercentile(long value)
    {
        var histogram = new Histogram();
        histogram.Add(value);

        Assert.That((double)histogram.Percentile(0.1), Is.EqualTo((double)value).Within(0.5).Percent);
        Assert.That((double)histogram.Percentile(100), Is.EqualTo((double)value).Within(0.5).Percent);
    }

    [Test]
    public void Percentile_CountsRanks_NotMore()
    {
        var histogram = new Histogram();
        for (int i = 1; i <= 1000; i++)
            histogram.Add(i <= 999 ? 10 : 100);

        Assert.That(histogram.Percentile(99.9), Is.EqualTo(10));
        Assert.That(histogram.Percentile(99.91), Is.EqualTo(100));
    }

    [Test]
    public void NoValues_AreZeros_AndOneBelowZeroIsZero()
    {
        var histogram = new Histogram();
        Assert.That((histogram.Percentile(99), histogram.Max, histogram.Mean), Is.EqualTo((0L, 0L, 0d)));

        histogram.Add(-5);
        Assert.That((histogram.Count, histogram.Percentile(50)), Is.EqualTo((1L, 0L)));
    }
}
