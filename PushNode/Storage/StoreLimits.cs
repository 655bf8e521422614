namespace PushNode.Storage;

/// <summary>What messages a store can take.</summary>
/// <param name="RetentionKey">The key of the setting that says how long messages are kept.</param>
/// <param name="Retention">How long that is.</param>
/// <param name="MaxDataBytes">The longest data of a message.</param>
internal sealed record StoreLimits(string RetentionKey, TimeSpan Retention, int MaxDataBytes);
