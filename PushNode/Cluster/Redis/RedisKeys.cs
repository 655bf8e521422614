using PushNode.Messages;
using StackExchange.Redis;

namespace PushNode.Cluster.Redis;

/// <summary>Every key. Each begins with the prefix, which is put in front of the rest without making a new text.</summary>
internal sealed class RedisKeys(RedisOptions options)
{
    private readonly RedisKey node = Bytes(options, "node:");
    private readonly RedisKey route = Bytes(options, "route:");
    private readonly RedisKey head = Bytes(options, "head:");
    private readonly RedisKey revoked = Bytes(options, "revoked:");

    /// <summary>Set: the addresses of the nodes.</summary>
    public RedisKey Nodes { get; } = options.Prefix + "nodes";

    /// <summary>String: the claim of the node that stores.</summary>
    public RedisKey Store { get; } = options.Prefix + "store";

    /// <summary>String: the epoch of the store that was last claimed.</summary>
    public RedisKey Epoch { get; } = options.Prefix + "epoch";

    /// <summary>String: what a node tells of itself; it lives for <see cref="RedisOptions.NodeLifetime"/>.</summary>
    public RedisKey Node(string address) => ((RedisKey)address).Prepend(node);

    /// <summary>Hash: incarnation to address of each node that holds the channel.</summary>
    public RedisKey Route(Channel channel) => ((RedisKey)channel.Name).Prepend(route);

    /// <summary>String: epoch and seq of the channel's newest message, as far as known.</summary>
    public RedisKey Head(Channel channel) => ((RedisKey)channel.Name).Prepend(head);

    /// <summary>String: the time before which the user's tokens are void.</summary>
    public RedisKey Revoked(string userId) => ((RedisKey)userId).Prepend(revoked);

    private static RedisKey Bytes(RedisOptions options, string rest) => System.Text.Encoding.ASCII.GetBytes(options.Prefix + rest);
}
