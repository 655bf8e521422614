namespace PushNode.Diagnostics;

/// <summary>Whether the node can take work, by all its checks.</summary>
internal sealed class Readiness(IEnumerable<IReadinessCheck> checks)
{
    private readonly IReadinessCheck[] checks = [.. checks];

    /// <summary>Why it cannot, for an operator; null when it can.</summary>
    public string? FindReasons()
    {
        string reasons = string.Join("; ", from check in checks let reason = check.Reason where reason is not null select $"{check.Name}: {reason}");
        return reasons.Length == 0 ? null : reasons;
    }
}
