using PushNode.Diagnostics;

namespace PushNode.Cluster.Redis;

/// <summary>A node that has not found its cluster yet is not ready. One that has, goes on without Redis.</summary>
internal sealed class RedisReadiness(RedisLink link) : IReadinessCheck
{
    public string Name => "redis";

    public string? Reason => link.WasReached ? null : $"{link.Address} has not been reached: {link.Trouble}";
}
