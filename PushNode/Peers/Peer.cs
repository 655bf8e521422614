using PushNode.Settings;

namespace PushNode.Peers;

/// <summary>Another node of the cluster, as it last told.</summary>
/// <param name="Address">Where it is reached: <c>host:port</c> of its internal listener.</param>
/// <param name="Incarnation">The run of the node; requests name it, so that one that has been restarted refuses what was meant for the run before.</param>
/// <param name="Roles">The modules it runs.</param>
/// <param name="Version">Of the program.</param>
/// <param name="Connections">How many clients it holds.</param>
/// <param name="Stores">Whether the cluster's messages are in its journal.</param>
/// <param name="IsDraining">Whether it is on its way out and takes no new work.</param>
internal sealed record Peer(string Address, string Incarnation, Roles Roles, string Version, int Connections, bool Stores, bool IsDraining);
