using PushNode.Diagnostics;
using PushNode.Peers;
using PushNode.Settings;

namespace PushNode.Admin.Status;

/// <summary>How this node is.</summary>
/// <param name="node">It.</param>
/// <param name="roles">The modules it runs.</param>
/// <param name="readiness">Whether it can take work.</param>
/// <param name="ring">Its samples.</param>
/// <param name="time">The clock.</param>
internal sealed class SelfStatus(Node node, Roles roles, Readiness readiness, SampleRing ring, TimeProvider time)
{
    private readonly long started = time.GetUtcNow().ToUnixTimeMilliseconds();
    private readonly long startedAt = time.GetTimestamp();

    /// <summary>Its status with the samples that somebody has not had.</summary>
    /// <param name="run">The <see cref="NodeStatus.Started"/> of the run whose samples were had.</param>
    /// <param name="number">The number of the last one that was had.</param>
    public NodeStatus Tell(long run, long number) => new(
        node.Incarnation,
        ProgramVersion.Text,
        roles,
        node.IsDraining,
        readiness.FindReasons(),
        Environment.ProcessorCount,
        started,
        (long)time.GetElapsedTime(startedAt).TotalSeconds,
        time.GetUtcNow().ToUnixTimeMilliseconds(),
        ring.Since(run == started ? number : 0));
}
