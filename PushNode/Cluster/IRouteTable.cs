using PushNode.Messages;

namespace PushNode.Cluster;

/// <summary>Channel to the addresses of the nodes that hold it.</summary>
internal interface IRouteTable
{
    /// <summary>This node holds the channel. Returns when every later lookup, from anywhere, will see it.</summary>
    ValueTask AddAsync(Channel channel, CancellationToken cancellationToken);

    /// <summary>This node holds the channel no more.</summary>
    ValueTask RemoveAsync(Channel channel, CancellationToken cancellationToken);

    /// <summary>Adds every message, in order, under each node that holds its channel. Never answered from a cache.</summary>
    ValueTask LookupAsync(IReadOnlyList<Message> messages, RoutedBatch routes, CancellationToken cancellationToken);

    /// <summary>The addresses of the nodes that hold one channel.</summary>
    ValueTask<IReadOnlyList<string>> LookupAsync(Channel channel, CancellationToken cancellationToken);
}
