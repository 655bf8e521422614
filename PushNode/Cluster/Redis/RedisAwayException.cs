namespace PushNode.Cluster.Redis;

/// <summary>Redis cannot be reached, or not be used, at the moment; <see cref="Exception.Message"/> says why.</summary>
internal sealed class RedisAwayException(string message) : Exception(message);
