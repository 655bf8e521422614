namespace PushNode.Settings;

/// <summary>Which modules a node runs.</summary>
[Flags]
internal enum Roles
{
    None = 0,

    /// <summary>Verifies tokens.</summary>
    Auth = 1,

    /// <summary>Takes messages from producers and stores them.</summary>
    Collect = 2,

    /// <summary>Takes stored messages to the nodes that hold their channels.</summary>
    Dispatch = 4,

    /// <summary>Holds the connections of clients.</summary>
    Push = 8,

    All = Auth | Collect | Dispatch | Push,
}
