using System.Diagnostics;

namespace PushNode.Bench;

/// <summary>What was used up to a moment.</summary>
/// <param name="Time">The moment, in nanoseconds.</param>
/// <param name="Node">CPU time of the node's processes; null when they are not known, or one has ended.</param>
/// <param name="Memory">Their resident memory, in bytes; null likewise.</param>
/// <param name="Own">CPU time of this process.</param>
internal readonly record struct Usage(long Time, TimeSpan? Node, long? Memory, TimeSpan Own)
{
    public static Usage Take(BenchClock clock, IReadOnlyList<int> processes)
    {
        TimeSpan cpu = default;
        long memory = 0;
        bool isKnown = processes.Count > 0;
        foreach (int id in processes)
        {
            try
            {
                using Process process = Process.GetProcessById(id);
                cpu += process.TotalProcessorTime;
                memory += process.WorkingSet64;
            }
            catch (Exception e) when (e is ArgumentException or InvalidOperationException or System.ComponentModel.Win32Exception or IOException)
            {
                isKnown = false;
            }
        }

        return new Usage(clock.Now, isKnown ? cpu : null, isKnown ? memory : null, Environment.CpuUsage.TotalTime);
    }
}
