using System.Text.Json.Nodes;

namespace PushNode.Bench;

/// <summary>A result as one JSON object for machines. What is not known is null.</summary>
internal static class BenchJson
{
    public static JsonObject For(BenchResult result) => new()
    {
        ["run"] = Describe(result.Plan),
        ["connections"] = new JsonObject
        {
            ["asked"] = result.Plan.Connections,
            ["connected"] = result.Connected,
            ["ended"] = result.Ended,
            ["seconds"] = Round(result.ConnectSpan.TotalSeconds),
            ["timeMs"] = Times(result.ConnectTimes),
        },
        ["measuredSeconds"] = Round(result.Measured.TotalSeconds),
        ["sent"] = result.Sent,
        ["accepted"] = result.Accepted,
        ["refused"] = result.Refused,
        ["unanswered"] = result.Unanswered,
        ["delivered"] = result.Delivered,
        ["acceptedPerSecond"] = PerSecond(result.AcceptedMeasured, result.Measured),
        ["deliveredPerSecond"] = PerSecond(result.DeliveredMeasured, result.Measured),
        ["latencyMs"] = Times(result.Latencies),
        ["lastReceiverMs"] = Times(result.LastReceiver),
        ["answerMs"] = Times(result.AnswerTimes),
        ["mostBehindMs"] = Round(result.MostBehind.TotalMilliseconds),
        ["overdue"] = result.Overdue,
        ["node"] = new JsonObject
        {
            ["processes"] = new JsonArray([.. result.Plan.Processes.Select(static p => JsonValue.Create(p))]),
            ["cpuMicrosecondsPerDelivery"] = Round(result.NodeCpu),
            ["cores"] = Round(result.NodeCores),
            ["cpuMicrosecondsPerConnect"] = Round(result.ConnectCpu),
            ["memoryBefore"] = result.Empty.Memory,
            ["memoryConnected"] = result.Idle.Memory,
            ["memoryAtEnd"] = result.End.Memory,
            ["bytesPerConnection"] = Round(result.MemoryPerConnection),
        },
        ["own"] = new JsonObject { ["cpuMicrosecondsPerDelivery"] = Round(result.OwnCpu), ["cores"] = Round(result.OwnCores) },
        ["machine"] = new JsonObject { ["processors"] = Environment.ProcessorCount, ["load"] = result.Load },
        ["lost"] = result.Verdict.Lost,
        ["doubled"] = result.Verdict.Doubled,
        ["outOfOrder"] = result.Verdict.OutOfOrder,
        ["mistaken"] = result.Verdict.Mistaken,
        ["problems"] = new JsonArray([.. result.Problems.Select(static p => JsonValue.Create(p))]),
        ["good"] = result.IsGood,
    };

    private static JsonObject Describe(BenchPlan plan) => new()
    {
        ["name"] = plan.Run,
        ["to"] = plan.IsIdle ? "nobody" : plan.To.ToString().ToLowerInvariant(),
        ["users"] = plan.Users,
        ["size"] = plan.Size,
        ["rate"] = plan.Rate,
        ["producers"] = plan.Producers,
        ["batch"] = plan.Batch,
        ["inFlight"] = plan.InFlight,
        ["ack"] = plan.Acknowledges ? "manual" : "auto",
        ["warmupSeconds"] = plan.Warmup.TotalSeconds,
        ["durationSeconds"] = plan.Duration.TotalSeconds,
    };

    private static JsonObject Times(Histogram times) => new()
    {
        ["count"] = times.Count,
        ["mean"] = Round(times.Mean / 1e6),
        ["p50"] = Round(times.Percentile(50) / 1e6),
        ["p90"] = Round(times.Percentile(90) / 1e6),
        ["p99"] = Round(times.Percentile(99) / 1e6),
        ["p99.9"] = Round(times.Percentile(99.9) / 1e6),
        ["max"] = Round(times.Max / 1e6),
    };

    private static double PerSecond(long count, TimeSpan time) => time > TimeSpan.Zero ? Round(count / time.TotalSeconds) : 0;

    private static double Round(double number) => Math.Round(number, 3);

    private static double? Round(double? number) => number is { } known ? Round(known) : null;
}
