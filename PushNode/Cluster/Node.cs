using System.Security.Cryptography;

namespace PushNode.Cluster;

/// <summary>This run of this node.</summary>
internal sealed class Node
{
    /// <summary>The address a node alone has in its own route table.</summary>
    public const string LocalAddress = "local";

    /// <summary>A random id, new with every start.</summary>
    public string Incarnation { get; } = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));

    /// <summary>Where other nodes reach it.</summary>
    public string Address { get; } = LocalAddress;
}
