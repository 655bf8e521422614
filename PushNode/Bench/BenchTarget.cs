namespace PushNode.Bench;

/// <summary>Where the messages go.</summary>
internal enum BenchTarget
{
    /// <summary>Each to one user, drawn by lot.</summary>
    Users,

    /// <summary>To one topic, which every connection has subscribed to.</summary>
    Topic,

    /// <summary>Broadcasts.</summary>
    All,
}
