namespace PushNode.Messages;

/// <summary>One open connection as an operator sees it.</summary>
/// <param name="Id">The id that its welcome told.</param>
/// <param name="Node">The incarnation of the node that holds it.</param>
/// <param name="Device">The device it named, or <c>default</c>.</param>
/// <param name="Transport"><c>websocket</c> or <c>sse</c>.</param>
/// <param name="Since">When it connected, in Unix milliseconds.</param>
internal sealed record ConnectionDetails(string Id, string Node, string Device, string Transport, long Since);
