using PushNode.Messages;

namespace PushNode.Cluster;

/// <summary>A batch grouped by the node each message goes to; reused from batch to batch so that grouping allocates nothing.</summary>
internal sealed class RoutedBatch
{
    private readonly Dictionary<string, List<Message>> byNode = [];

    /// <summary>The messages for each node that was routed to since it was made; lists may be empty.</summary>
    public Dictionary<string, List<Message>> ByNode => byNode;

    /// <summary>The message goes to this node, after those added before it.</summary>
    public void Add(string address, Message message)
    {
        if (!byNode.TryGetValue(address, out List<Message>? messages))
            byNode.Add(address, messages = []);
        messages.Add(message);
    }

    /// <summary>Forgets the messages, keeps the lists.</summary>
    public void Clear()
    {
        foreach (List<Message> messages in byNode.Values)
            messages.Clear();
    }
}
