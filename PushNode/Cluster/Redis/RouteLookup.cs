using PushNode.Messages;
using StackExchange.Redis;

namespace PushNode.Cluster.Redis;

/// <summary>One lookup of a batch's routes; reused from batch to batch.</summary>
internal sealed class RouteLookup
{
    private readonly Dictionary<string, int> places = new(StringComparer.Ordinal);
    private readonly List<Channel> channels = [];
    private readonly List<Task<HashEntry[]>> answers = [];
    private readonly List<string> addresses = [];
    private readonly List<(int Start, int Count)> found = [];

    /// <summary>The batch's channels, each once.</summary>
    public IReadOnlyList<Channel> Channels => channels;

    /// <summary>What Redis has answered for each of <see cref="Channels"/>.</summary>
    public List<Task<HashEntry[]>> Answers => answers;

    public void Add(Channel channel)
    {
        if (places.TryAdd(channel.Name, channels.Count))
            channels.Add(channel);
    }

    /// <summary>Forgets the nodes that were found.</summary>
    public void Restart()
    {
        addresses.Clear();
        found.Clear();
    }

    /// <summary>What follows is of the next channel.</summary>
    public void BeginChannel() => found.Add((addresses.Count, 0));

    /// <summary>A node that holds the channel.</summary>
    public void Found(string address)
    {
        addresses.Add(address);
        (int start, int count) = found[^1];
        found[^1] = (start, count + 1);
    }

    /// <summary>The nodes that hold the channel, as found.</summary>
    public ReadOnlySpan<string> NodesOf(Channel channel)
    {
        (int start, int count) = found[places[channel.Name]];
        return System.Runtime.InteropServices.CollectionsMarshal.AsSpan(addresses).Slice(start, count);
    }

    /// <summary>Forgets everything but its memory.</summary>
    public void Clear()
    {
        places.Clear();
        channels.Clear();
        answers.Clear();
        Restart();
    }
}
