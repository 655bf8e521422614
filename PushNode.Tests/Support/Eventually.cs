using System.Diagnostics;

namespace PushNode.Tests.Support;

/// <summary>Waits for a condition instead of for a time.</summary>
internal static class Eventually
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(10);

    /// <summary>Returns when the condition holds; fails the test with <paramref name="what"/> when it does not within the patience.</summary>
    public static Task BecomesTrueAsync(Func<bool> condition, string what, TimeSpan? patience = null) =>
        BecomesTrueAsync(() => Task.FromResult(condition()), what, patience);

    /// <inheritdoc cref="BecomesTrueAsync(Func{bool}, string, TimeSpan?)"/>
    public static async Task BecomesTrueAsync(Func<Task<bool>> condition, string what, TimeSpan? patience = null)
    {
        long start = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(start) > (patience ?? Patience))
                Assert.Fail($"{what}: not within {patience ?? Patience}");
            await Task.Delay(Interval);
        }
    }
}
