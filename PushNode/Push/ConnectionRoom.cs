namespace PushNode.Push;

/// <summary>Whether the node takes one more connection.</summary>
internal enum ConnectionRoom
{
    Free,

    /// <summary><see cref="PushOptions.MaxConnections"/> is reached: 503.</summary>
    NodeFull,

    /// <summary><see cref="PushOptions.MaxConnectionsPerAddress"/> is reached: 429.</summary>
    AddressFull,
}
