using System.Diagnostics.Metrics;

namespace PushNode.Collect;

/// <summary>What collect counts. Counted a batch at a time; refusals one by one.</summary>
internal static class CollectMetrics
{
    private static readonly Meter Meter = new(nameof(PushNode));

    private static readonly Counter<long> Accepted = Meter.CreateCounter<long>(
        "pushnode.collect.accepted", "{message}", "Messages answered 202, durable and ephemeral");

    private static readonly Counter<long> Repeated = Meter.CreateCounter<long>(
        "pushnode.collect.repeated", "{message}", "Messages whose id was stored before");

    private static readonly Counter<long> Failed = Meter.CreateCounter<long>(
        "pushnode.collect.failed", "{message}", "Messages that the store did not confirm");

    private static readonly Counter<long> Refused = Meter.CreateCounter<long>(
        "pushnode.collect.refused", "{request}", "Requests and lines that were refused, by code");

    private static readonly Histogram<int> BatchSize = Meter.CreateHistogram<int>(
        "pushnode.collect.batch.size", "{message}", "Durable messages stored in one go");

    public static void CountDurable(int messages, int stored, int repeated, int failed)
    {
        BatchSize.Record(messages);
        Accepted.Add(stored);
        if (repeated > 0)
            Repeated.Add(repeated);
        if (failed > 0)
            Failed.Add(failed);
    }

    public static void CountEphemeral(int messages) => Accepted.Add(messages);

    public static void CountRefused(string code) => Refused.Add(1, new KeyValuePair<string, object?>("code", code));
}
