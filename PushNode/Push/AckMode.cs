namespace PushNode.Push;

/// <summary>What moves a device's cursor.</summary>
internal enum AckMode
{
    /// <summary>A pong that proves the arrival of the frames before its ping.</summary>
    Auto,

    /// <summary>The client's <c>ack</c> only.</summary>
    Manual,
}
