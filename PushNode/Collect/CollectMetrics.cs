using System.Diagnostics.Metrics;
using PushNode.Counting;

namespace PushNode.Collect;

/// <summary>What collect counts. Counted a batch at a time; refusals one by one.</summary>
internal sealed class CollectMetrics : ICounted, IDisposable
{
    private readonly Meter meter = new(nameof(PushNode));
    private readonly Tally accepted = new();
    private readonly Tally failed = new();
    private readonly Tally refused = new();
    private readonly Counter<long> repeated;
    private readonly Counter<long> refusedByCode;
    private readonly Histogram<int> batchSize;

    public CollectMetrics()
    {
        meter.CreateObservableCounter("pushnode.collect.accepted", () => accepted.Total, "{message}", "Messages answered 202, durable and ephemeral");
        meter.CreateObservableCounter("pushnode.collect.failed", () => failed.Total, "{message}", "Messages that the store did not confirm");
        repeated = meter.CreateCounter<long>("pushnode.collect.repeated", "{message}", "Messages whose id was stored before");
        refusedByCode = meter.CreateCounter<long>("pushnode.collect.refused", "{request}", "Requests and lines that were refused, by code");
        batchSize = meter.CreateHistogram<int>("pushnode.collect.batch.size", "{message}", "Durable messages stored in one go");
    }

    public void CountDurable(int messages, int stored, int repeatedOnes, int failedOnes)
    {
        batchSize.Record(messages);
        accepted.Add(stored);
        if (repeatedOnes > 0)
            repeated.Add(repeatedOnes);
        if (failedOnes > 0)
            failed.Add(failedOnes);
    }

    public void CountEphemeral(int messages) => accepted.Add(messages);

    public void CountRefused(string code)
    {
        refused.Add(1);
        refusedByCode.Add(1, new KeyValuePair<string, object?>("code", code));
    }

    public void AddTo(NodeCounts sum)
    {
        sum.Accepted += accepted.Total;
        sum.Refused += refused.Total + failed.Total;
    }

    public void Dispose() => meter.Dispose();
}
