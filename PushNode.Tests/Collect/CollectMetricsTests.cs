using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using PushNode.Collect;
using PushNode.Counting;

namespace PushNode.Tests.Collect;

internal sealed class CollectMetricsTests : IDisposable
{
    private const string Code = "made_up_for_this_test";

    private readonly CollectMetrics metrics = new();

    public void Dispose() => metrics.Dispose();

    [Test]
    public void Refusals_AreCounted_ByCode()
    {
        var counted = new ConcurrentQueue<long>();
        using MeterListener listener = Listen((instrument, value, tags) =>
        {
            if (instrument == "pushnode.collect.refused" && Equals(tags[0].Value, Code))
                counted.Enqueue(value);
        });

        metrics.CountRefused(Code);

        Assert.That(counted, Is.EqualTo(new[] { 1L }));
        Assert.That(Count().Refused, Is.EqualTo(1));
    }

    [Test]
    public void Messages_AreCounted_ByWhatBecameOfThem()
    {
        // Other tests count at the same time, so the numbers are ones that no other test has.
        var counted = new ConcurrentDictionary<string, bool>();
        using MeterListener listener = Listen((instrument, value, _) => counted.TryAdd($"{instrument} {value}", true));

        metrics.CountDurable(messages: 600_000, stored: 300_001, repeatedOnes: 200_002, failedOnes: 99_997);
        metrics.CountEphemeral(400_004);
        listener.RecordObservableInstruments();

        Assert.That(counted.Keys, Is.SupersetOf(new[]
        {
            "pushnode.collect.accepted 700005",
            "pushnode.collect.repeated 200002",
            "pushnode.collect.failed 99997",
            "pushnode.collect.batch.size 600000",
        }));
        Assert.That((Count().Accepted, Count().Refused), Is.EqualTo((700_005, 99_997)));
    }

    private NodeCounts Count()
    {
        var counts = new NodeCounts();
        metrics.AddTo(counts);
        return counts;
    }

    private delegate void Measured(string instrument, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags);

    private static MeterListener Listen(Measured measured)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, self) =>
            {
                if (instrument.Meter.Name == "PushNode")
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => measured(instrument.Name, value, tags));
        listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => measured(instrument.Name, value, tags));
        listener.Start();
        return listener;
    }
}
