using System.Diagnostics;

namespace PushNode.Tests.Support;

/// <summary>How long something took.</summary>
internal static class Elapsed
{
    public static async Task<TimeSpan> OfAsync(Func<Task> action)
    {
        long start = Stopwatch.GetTimestamp();
        await action();
        return Stopwatch.GetElapsedTime(start);
    }
}
