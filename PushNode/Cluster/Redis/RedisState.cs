using StackExchange.Redis;

namespace PushNode.Cluster.Redis;

/// <summary>What is true of the link now.</summary>
/// <param name="Era">How often Redis has come back.</param>
/// <param name="Database">Where calls go; null while Redis is away.</param>
/// <param name="Trouble">Why it is away; null while it is not.</param>
/// <param name="Since">Since when (<see cref="TimeProvider.GetTimestamp"/>).</param>
internal sealed record RedisState(int Era, IDatabase? Database, string? Trouble, long Since);
