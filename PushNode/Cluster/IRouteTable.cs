using PushNode.Messages;

namespace PushNode.Cluster;

/// <summary>Channel to the addresses of the nodes that hold it.</summary>
internal interface IRouteTable
{
    /// <summary>This node holds the channel. Returns when every later lookup, from anywhere, will see it.</summary>
    ValueTask AddAsync(Channel channel, CancellationToken cancellationToken);

    /// <summary>This node holds the channel no more.</summary>
    ValueTask RemoveAsync(Channel channel, CancellationToken cancellationToken);

    /// <summary>The nodes that hold each channel, in the order asked. Never answered from a cache.</summary>
    ValueTask<IReadOnlyList<string>[]> LookupAsync(IReadOnlyList<Channel> channels, CancellationToken cancellationToken);
}
