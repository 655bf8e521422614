using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using PushNode.Dispatch.Remote;
using PushNode.Tests.Support;

namespace PushNode.Tests.Dispatch;

internal sealed class DispatchMetricsTests : IDisposable
{
    private const string Reason = "made_up_for_this_test";

    private readonly LinkParts parts = new();
    private readonly ConcurrentDictionary<string, long> counted = [];
    private readonly MeterListener listener = new();

    public DispatchMetricsTests()
    {
        listener.InstrumentPublished = static (instrument, self) =>
        {
            if (instrument.Meter.Name == "PushNode")
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            string tagged = string.Join(' ', tags.ToArray().Select(static t => $"{t.Key}={t.Value}"));
            counted.AddOrUpdate($"{instrument.Name} {value} {tagged}".TrimEnd(), 1, static (_, times) => times + 1);
        });
        listener.Start();
    }

    public void Dispose()
    {
        listener.Dispose();
        parts.Dispose();
    }

    [Test]
    public async Task WhatIsBrought_IsCounted()
    {
        // Other tests count at the same time, so the numbers are ones that no other test has.
        await using PushNodeDouble node = await PushNodeDouble.StartAsync();
        await using var link = new NodeLink(node.Peer, parts.Services);

        await link.DeliverAsync(TestMessages.Stored(1, 1_777), CancellationToken.None);

        string[] expected = ["pushnode.links.queued 1777", "pushnode.links.queued -1777", "pushnode.links.messages 1777"];
        await Eventually.BecomesTrueAsync(() => expected.All(counted.ContainsKey), "they are counted");
        Assert.That(counted.Keys, Has.Member("pushnode.links.requests 1"));
    }

    [Test]
    public void WhatIsDropped_IsCountedByReason_AndWhetherItIsStored()
    {
        parts.Metrics.GiveUp(TestMessages.Stored(1), Reason);
        parts.Metrics.GiveUp(TestMessages.Ephemeral(), Reason);
        parts.Metrics.GiveUp(TestMessages.Ephemeral(), Reason);

        Assert.That(counted[$"pushnode.links.dropped 1 reason={Reason} stored=True"], Is.EqualTo(1));
        Assert.That(counted[$"pushnode.links.dropped 1 reason={Reason} stored=False"], Is.EqualTo(2));
    }
}
