namespace PushNode.Push;

/// <summary>Whether the node takes one more connection.</summary>
internal enum ConnectionRoom
{
    Free,

    /// <summary>The node is draining: 503.</summary>
    Stopping,

    /// <summary><see cref="PushOptions.MaxConnections"/> is reached: 503.</summary>
    NodeFull,

    /// <summary><see cref="PushOptions.MaxConnectionsPerAddress"/> is reached: 429.</summary>
    AddressFull,
}
