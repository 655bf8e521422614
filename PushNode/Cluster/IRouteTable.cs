using PushNode.Messages;

namespace PushNode.Cluster;

/// <summary>Channel to the addresses of the nodes that hold it.</summary>
internal interface IRouteTable
{
    /// <summary>
    /// Raised each time routes written before may be lost: what a node holds is written again. Never 0.
    /// </summary>
    long Generation { get; }

    /// <summary>False while the table cannot be reached: then messages are looked for in the store.</summary>
    bool IsReachable { get; }

    /// <summary>
    /// This node holds the channel. Returns when every later lookup, from anywhere, will see it, with the generation in which that is so; 0 when
    /// the table could not be reached. Calls for one channel do not overlap.
    /// </summary>
    ValueTask<long> AddAsync(Channel channel, CancellationToken cancellationToken);

    /// <summary>This node holds the channel no more. A table that cannot be reached lets the route lapse by itself.</summary>
    ValueTask RemoveAsync(Channel channel, CancellationToken cancellationToken);

    /// <summary>
    /// Adds every message, in order, under each node that holds its channel; under every node that may, when the table cannot be reached. Never answered from a
    /// cache. Tells each <see cref="Message.Report"/> how many nodes there are.
    /// </summary>
    ValueTask LookupAsync(IReadOnlyList<Message> messages, RoutedBatch routes, CancellationToken cancellationToken);

    /// <summary>The nodes that hold one channel.</summary>
    ValueTask<Holders> LookupAsync(Channel channel, CancellationToken cancellationToken);
}
