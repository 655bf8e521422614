namespace PushNode.Push;

/// <summary>What a frame in an outbox is, which decides how much room there is for it.</summary>
internal enum FrameKind
{
    /// <summary>A message that the store has: when the outbox is full, it is read from there later.</summary>
    Durable,

    /// <summary>A message that is dropped when the outbox is full, or when durable ones wait for room.</summary>
    Ephemeral,

    /// <summary>An answer: those that wait have half as much room again, of their own.</summary>
    Control,

    /// <summary>A control frame whose answer proves the arrival of everything before it.</summary>
    Ping,
}
