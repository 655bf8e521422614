using PushNode.Storage;

namespace PushNode.Push;

/// <summary>What every connection of the node uses, held once.</summary>
internal sealed record ConnectionServices(IMessageStore Store, Replay Replay, PushMetrics Metrics, PushOptions Options, TimeProvider Time, ILogger<Connection> Logger);
