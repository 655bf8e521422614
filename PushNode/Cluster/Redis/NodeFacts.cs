using PushNode.Settings;

namespace PushNode.Cluster.Redis;

/// <summary>What this node tells the others of itself.</summary>
/// <param name="Roles">The modules it runs.</param>
/// <param name="Connections">How many clients it holds now.</param>
/// <param name="IsStoring">Whether it holds the claim that it is the one that stores.</param>
internal sealed record NodeFacts(Roles Roles, Func<int> Connections, Func<bool> IsStoring);
