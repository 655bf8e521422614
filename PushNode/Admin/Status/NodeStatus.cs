using PushNode.Settings;

namespace PushNode.Admin.Status;

/// <summary>How a node is, as it tells itself.</summary>
/// <param name="Incarnation">Its run.</param>
/// <param name="Version">Of the program.</param>
/// <param name="Roles">The modules it runs.</param>
/// <param name="IsDraining">Whether it is on its way out.</param>
/// <param name="Unready">Why it cannot take work, as <c>/readyz</c> says; null when it can.</param>
/// <param name="Cores">How many it may use.</param>
/// <param name="Started">When it began to count, in Unix milliseconds: another one is another run, whose samples are numbered anew.</param>
/// <param name="Uptime">How long ago that was, in seconds.</param>
/// <param name="Now">Its clock, in Unix milliseconds.</param>
/// <param name="Samples">Those asked for, oldest first.</param>
internal sealed record NodeStatus(
    string Incarnation, string Version, Roles Roles, bool IsDraining, string? Unready, int Cores, long Started, long Uptime, long Now, IReadOnlyList<NodeSample> Samples);
