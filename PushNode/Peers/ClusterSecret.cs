using PushNode.Settings;

namespace PushNode.Peers;

/// <summary>What the nodes of a cluster show one another.</summary>
/// <param name="text">Visible ASCII, at least <see cref="ClusterOptions.MinSecret"/> characters.</param>
internal sealed class ClusterSecret(string text) : SharedSecret(text);
