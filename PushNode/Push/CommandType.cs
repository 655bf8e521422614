namespace PushNode.Push;

/// <summary>The <c>type</c> of a client's frame.</summary>
internal enum CommandType
{
    /// <summary>Missing or unknown.</summary>
    None,
    Ack,
    Subscribe,
    Unsubscribe,
    Auth,
    Ping,
}
