namespace PushNode.Commands;

/// <summary>Where a listener connects, and as whom.</summary>
/// <param name="Node">The node, as a <c>ws</c> or <c>wss</c> address.</param>
/// <param name="Token">The token of the next connection.</param>
/// <param name="TokenLifetime">How long such a token is valid; null when it was given and no other can be had.</param>
/// <param name="Device">The name under which the node keeps the cursors.</param>
internal sealed record ListenTarget(Uri Node, Func<string> Token, TimeSpan? TokenLifetime, string Device);
