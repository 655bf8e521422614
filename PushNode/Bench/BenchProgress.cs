using System.Globalization;

namespace PushNode.Bench;

/// <summary>Says now and then what a run is doing.</summary>
internal sealed class BenchProgress(BenchRun run, BenchPlan plan, TextWriter output, TimeSpan interval)
{
    /// <summary>Writes lines until the run is over.</summary>
    public async Task WatchAsync(Task whole)
    {
        using var timer = new PeriodicTimer(interval);
        using var end = new CancellationTokenSource();
        Task ending = EndWithAsync(whole, end);
        long accepted = 0;
        long delivered = 0;
        try
        {
            while (await timer.WaitForNextTickAsync(end.Token))
            {
                (long acceptedNow, long deliveredNow) = (run.Accepted, run.Delivered);
                await output.WriteLineAsync(Describe(acceptedNow - accepted, deliveredNow - delivered));
                (accepted, delivered) = (acceptedNow, deliveredNow);
            }
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }

        await ending;
    }

    private static async Task EndWithAsync(Task whole, CancellationTokenSource end)
    {
        await whole.ContinueWith(static _ => { }, TaskScheduler.Default);
        await end.CancelAsync();
    }

    private string Describe(long accepted, long delivered)
    {
        string what = run.Phase switch
        {
            BenchPhase.Connecting => "connecting",
            BenchPhase.Settling => "connected",
            BenchPhase.Holding => "holding",
            BenchPhase.WarmingUp => "warming up",
            BenchPhase.Measuring => "measuring",
            _ => "waiting for what is under way",
        };
        string traffic = run.Phase < BenchPhase.WarmingUp ? "" : string.Create(
            CultureInfo.InvariantCulture,
            $", {accepted / interval.TotalSeconds:N0} answered /s, {delivered / interval.TotalSeconds:N0} delivered /s");
        return string.Create(CultureInfo.InvariantCulture, $"{what}: {run.Connected:N0} of {plan.Connections:N0} connections{traffic}");
    }
}
