namespace PushNode.Bench;

/// <summary>What a run is doing.</summary>
internal enum BenchPhase
{
    Connecting,
    Settling,
    Holding,
    WarmingUp,
    Measuring,

    /// <summary>Nothing more is sent; what is under way comes.</summary>
    Draining,
}
