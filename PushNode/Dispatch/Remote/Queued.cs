using PushNode.Messages;

namespace PushNode.Dispatch.Remote;

/// <summary>A message and when it began to wait (a timestamp of the clock).</summary>
internal readonly record struct Queued(Message Message, long Since);
