using PushNode.Settings;

namespace PushNode.Peers;

/// <summary>What the nodes of a cluster show one another.</summary>
/// <param name="text">The secret, checked with <see cref="SharedSecret.IsSecret"/>.</param>
internal sealed class ClusterSecret(string text) : SharedSecret(text);
