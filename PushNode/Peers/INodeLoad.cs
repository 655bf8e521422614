namespace PushNode.Peers;

/// <summary>How much this node has to do, as the others are told.</summary>
internal interface INodeLoad
{
    /// <summary>How many clients are connected.</summary>
    int Connections { get; }
}
