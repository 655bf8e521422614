namespace PushNode.Peers;

/// <summary>The body of a request or an answer between nodes is not what it should be (HTTP 400).</summary>
internal sealed class MalformedPeerBodyException(int offset, string what) : Exception($"the body is malformed at byte {offset}: {what}");
