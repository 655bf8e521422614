using System.Globalization;

namespace PushNode.Bench;

/// <summary>A result as people read it. What was not measured is left out.</summary>
internal static class BenchTable
{
    /// <summary>Its lines.</summary>
    public static IReadOnlyList<string> For(BenchResult result)
    {
        var table = new List<string>();
        Row(table, "run", Describe(result.Plan));
        Row(table, "connected", Invariant($"{result.Connected:N0} of {result.Plan.Connections:N0} in {result.ConnectSpan.TotalSeconds:0.0} s, {PerSecond(result.Connected, result.ConnectSpan):N0} /s"));
        if (result.ConnectTimes.Count > 0)
            Row(table, "connect time", Times(result.ConnectTimes));
        if (result.Sent > 0)
            AddTraffic(table, result);
        AddCosts(table, result);
        if (result.Load is { } load)
            Row(table, "load", Invariant($"{load:0.0} on {Environment.ProcessorCount} processors"));
        Row(table, "check", Check(result));
        foreach (string problem in result.Problems)
            Row(table, "problem", problem);
        return table;
    }

    /// <summary>A plan in a line.</summary>
    public static string Describe(BenchPlan plan)
    {
        string users = plan.Users == plan.Connections ? "" : Invariant($" of {plan.Users:N0} users");
        string connections = Invariant($"{plan.Connections:N0} connections{users}");
        if (plan.IsIdle)
            return $"{connections}, idle";
        string target = plan.To switch { BenchTarget.Users => "each message to one user", BenchTarget.Topic => "each message to a topic of all", _ => "broadcasts" };
        string pace = plan.Rate is { } rate ? Invariant($"{rate:#,0.##} /s") : plan.InFlight is { } most ? Invariant($"{most:N0} in flight") : "as fast as answered";
        string producers = plan.Batch is { } lines ? Invariant($"{plan.Producers:N0} NDJSON streams with {lines:N0} lines in flight each") : Invariant($"{plan.Producers:N0} producers");
        return Invariant($"{connections}, {target}, {plan.Size:N0} bytes, {pace}, {producers}, ack={(plan.Acknowledges ? "manual" : "auto")}");
    }

    private static void AddTraffic(List<string> table, BenchResult result)
    {
        Row(table, "measured", Invariant($"{result.Measured.TotalSeconds:0.0} s"));
        Row(table, "answered", Invariant($"{PerSecond(result.AcceptedMeasured, result.Measured):N0} /s"));
        Row(table, "delivered", Invariant($"{PerSecond(result.DeliveredMeasured, result.Measured):N0} /s"));
        Row(table, "latency", Times(result.Latencies));
        if (result.LastReceiver.Count > 0)
            Row(table, "to the last", Times(result.LastReceiver));
        Row(table, "answer time", Times(result.AnswerTimes));
        if (result.Plan.Rate is not null)
            Row(table, "sent late", Invariant($"{result.MostBehind.TotalMilliseconds:0.00} ms at most{Overdue(result)}"));
    }

    private static void AddCosts(List<string> table, BenchResult result)
    {
        if (result.NodeCores is { } cores)
            Row(table, "node CPU", $"{PerDelivery(result.NodeCpu)}{Invariant($"{cores:0.00} cores")}");
        if (result.OwnCores is { } own)
            Row(table, "own CPU", $"{PerDelivery(result.OwnCpu)}{Invariant($"{own:0.00} cores")}");
        if (result.ConnectCpu is { } connect)
            Row(table, "connecting", Invariant($"{connect:0} µs of the node's CPU per connection"));
        if (result.Idle.Memory is { } memory)
        {
            string each = result.MemoryPerConnection is { } bytes ? Invariant($", {bytes / 1024:0.0} KiB per connection") : "";
            Row(table, "node memory", Invariant($"{Mega(result.Empty.Memory):0.0} MiB before, {Mega(memory):0.0} connected, {Mega(result.End.Memory):0.0} at the end{each}"));
        }
    }

    private static string Overdue(BenchResult result) =>
        result.Overdue == 0 ? "" : Invariant($"; at the end {result.Overdue:N0} that were due had NOT BEEN SENT, and no latency has them in it");

    private static string Check(BenchResult result)
    {
        if (result.Plan.IsIdle)
            return result.Ended == 0 ? "all connections held" : Invariant($"{result.Ended:N0} connections ended");
        string counts = Invariant($"{result.Accepted:N0} messages answered 202, {result.Delivered:N0} deliveries");
        if (result.Refused + result.Unanswered > 0)
            counts += Invariant($"; {result.Refused:N0} refused, {result.Unanswered:N0} not answered, of which nothing is promised");
        Verdict verdict = result.Verdict;
        string found = verdict.IsGood
            ? "nothing lost, doubled or out of order"
            : Invariant($"{verdict.Lost:N0} LOST, {verdict.Doubled:N0} DOUBLED, {verdict.OutOfOrder:N0} OUT OF ORDER, {verdict.Mistaken:N0} connections with others than were answered");
        return result.Ended == 0 ? $"{counts}: {found}" : Invariant($"{counts}: {found}; {result.Ended:N0} connections ended");
    }

    private static string PerDelivery(double? microseconds) => microseconds is { } cost ? Invariant($"{cost:0.0} µs per delivery, ") : "";

    private static string Times(Histogram times) => times.Count == 0 ? "none" : Invariant(
        $"p50 {Milliseconds(times, 50)}  p90 {Milliseconds(times, 90)}  p99 {Milliseconds(times, 99)}  p99.9 {Milliseconds(times, 99.9)}  max {times.Max / 1e6:0.00} ms");

    private static string Milliseconds(Histogram times, double percent) => Invariant($"{times.Percentile(percent) / 1e6:0.00}");

    private static double PerSecond(long count, TimeSpan time) => time > TimeSpan.Zero ? count / time.TotalSeconds : 0;

    private static double Mega(long? bytes) => (bytes ?? 0) / 1024.0 / 1024.0;

    private static void Row(List<string> table, string name, string text) => table.Add(name.PadRight(14) + text);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
