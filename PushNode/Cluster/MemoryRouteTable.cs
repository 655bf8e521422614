using System.Collections.Concurrent;
using PushNode.Messages;
using PushNode.Peers;

namespace PushNode.Cluster;

/// <summary>The route table of a node that is alone: a channel is held here or nowhere.</summary>
internal sealed class MemoryRouteTable(Node node) : IRouteTable
{
    private readonly ConcurrentDictionary<string, string> held = [];
    private readonly string[] here = [node.Address];

    public long Generation => 1;

    public bool IsReachable => true;

    public ValueTask<long> AddAsync(Channel channel, CancellationToken cancellationToken)
    {
        held[channel.Name] = node.Address;
        return new(Generation);
    }

    public ValueTask RemoveAsync(Channel channel, CancellationToken cancellationToken)
    {
        held.TryRemove(channel.Name, out _);
        return ValueTask.CompletedTask;
    }

    public ValueTask LookupAsync(IReadOnlyList<Message> messages, RoutedBatch routes, CancellationToken cancellationToken)
    {
        for (int i = 0; i < messages.Count; i++)
        {
            Message message = messages[i];
            bool isHeld = held.TryGetValue(message.Channel.Name, out string? address);
            message.Report?.Route(isHeld ? 1 : 0);
            if (isHeld)
                routes.Add(address!, message);
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<Holders> LookupAsync(Channel channel, CancellationToken cancellationToken) =>
        new(new Holders(held.ContainsKey(channel.Name) ? here : [], AreAll: true));
}
