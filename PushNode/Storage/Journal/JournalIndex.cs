using System.Collections.Concurrent;
using System.Text;

namespace PushNode.Storage.Journal;

/// <summary>What is known of the journal in memory, rebuilt at start: its segments, every channel there ever was, the ids producers have used.</summary>
internal sealed class JournalIndex
{
    private readonly ConcurrentDictionary<string, ChannelIndex> channels = new();
    private readonly ConcurrentDictionary<string, ChannelIndex>.AlternateLookup<ReadOnlySpan<char>> bySpan;

    public JournalIndex() => bySpan = channels.GetAlternateLookup<ReadOnlySpan<char>>();

    public SegmentTable Segments { get; } = new();

    public ProducerIds Ids { get; } = new();

    /// <summary>
    /// The head that a channel without one starts from: 0, but for a store that has lost messages it cannot name, whose seqs must not be used again.
    /// </summary>
    public long Floor { get; set; }

    public IEnumerable<KeyValuePair<string, ChannelIndex>> Channels => channels;

    /// <summary>The channel; null while it has had no message.</summary>
    public ChannelIndex? Find(string channel) => channels.GetValueOrDefault(channel);

    public ChannelIndex GetOrAdd(string channel) => channels.GetOrAdd(channel, static _ => new ChannelIndex());

    /// <summary>As <see cref="GetOrAdd(string)"/>, without a string for a channel that is there.</summary>
    public ChannelIndex GetOrAdd(ReadOnlySpan<byte> channel)
    {
        Span<char> name = stackalloc char[byte.MaxValue];
        Encoding.ASCII.GetChars(channel, name);
        name = name[..channel.Length];
        return bySpan.TryGetValue(name, out ChannelIndex? found) ? found : GetOrAdd(name.ToString());
    }

    /// <summary>Leaves room in every channel, present and future, for messages that were lost: none of their seqs is used again.</summary>
    public void SkipAhead(long messages)
    {
        Floor += messages;
        foreach ((_, ChannelIndex channel) in channels)
            channel.RaiseHead(channel.Head + messages);
    }

    /// <summary>Forgets segments and their messages; the channels keep their heads.</summary>
    public void Forget(IReadOnlySet<int> segments)
    {
        Segments.Remove(segments);
        int newest = segments.Max();
        foreach ((_, ChannelIndex channel) in channels)
            channel.Forget(segments, newest);
        Ids.Forget(segments);
    }
}
