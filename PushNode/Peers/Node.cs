using System.Security.Cryptography;

namespace PushNode.Peers;

/// <summary>This run of this node.</summary>
/// <param name="address">Where other nodes reach it: <c>host:port</c> of its internal listener, or <see cref="LocalAddress"/>.</param>
internal sealed class Node(string address = Node.LocalAddress)
{
    /// <summary>The address a node alone has in its own route table.</summary>
    public const string LocalAddress = "local";

    private volatile string incarnation = NewIncarnation();
    private volatile bool draining;
    private Action? renewing;

    /// <summary>A random id, new with every start and whenever the node's own heartbeat has lapsed.</summary>
    public string Incarnation => incarnation;

    /// <summary>Where other nodes reach it.</summary>
    public string Address { get; } = address;

    /// <summary>Whether it is no part of a cluster.</summary>
    public bool IsAlone => Address == LocalAddress;

    /// <summary>Whether it takes no new work and sends its clients elsewhere.</summary>
    public bool IsDraining => draining;

    /// <summary>Takes a new incarnation: what the others know of the old one is void.</summary>
    public void Renew()
    {
        renewing?.Invoke();
        incarnation = NewIncarnation();
    }

    /// <summary>Calls <paramref name="listener"/> before this node can be called by a new incarnation. For wiring at start.</summary>
    public void OnRenewing(Action listener) => renewing += listener;

    /// <summary>No new work from now on.</summary>
    public void Drain() => draining = true;

    private static string NewIncarnation() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
}
