using System.Runtime.InteropServices;
using PushNode.Messages;

namespace PushNode.Storage.Mongo;

/// <summary>A batch on its way into the database: what still waits, in order, and the channels it is for.</summary>
internal sealed class AppendBatch
{
    private readonly List<(Message Twin, Message First)> twins = [];
    private readonly Dictionary<string, ChannelNumbering> channels = new(StringComparer.Ordinal);
    private readonly List<Waiting> waiting;

    public AppendBatch(IReadOnlyList<Message> messages)
    {
        waiting = new List<Waiting>(messages.Count);
        Dictionary<(string, string), Message>? firsts = null;
        foreach (Message message in messages)
        {
            if (message.HasProducerId)
            {
                HasProducerIds = true;
                firsts ??= [];
                if (!firsts.TryAdd((message.Channel.Name, message.Id), message))
                {
                    twins.Add((message, firsts[(message.Channel.Name, message.Id)]));
                    continue;
                }
            }

            ref ChannelNumbering? numbering = ref CollectionsMarshal.GetValueRefOrAddDefault(channels, message.Channel.Name, out _);
            numbering ??= new ChannelNumbering(message.Channel);
            waiting.Add(new Waiting(message, numbering));
        }
    }

    /// <summary>Whether any message has an id that its producer gave.</summary>
    public bool HasProducerIds { get; }

    /// <summary>Whether an attempt has ended without an answer, so that messages may be stored that still wait.</summary>
    public bool HasLostAnswer { get; set; }

    /// <summary>How often a number was taken by another node.</summary>
    public int Conflicts { get; set; }

    /// <summary>When a message last got its outcome, or was given another chance, as a timestamp.</summary>
    public long LastProgress { get; set; }

    /// <summary>The channels of the batch.</summary>
    public IReadOnlyCollection<ChannelNumbering> Channels => channels.Values;

    /// <summary>The messages without an outcome, in order.</summary>
    public ReadOnlySpan<Waiting> Pending => CollectionsMarshal.AsSpan(waiting);

    /// <summary>Forgets the first messages, which have an outcome.</summary>
    public void RemoveFirst(int count) => waiting.RemoveRange(0, count);

    /// <summary>Forgets the messages that have an outcome, wherever they are.</summary>
    public void RemoveSettled() => waiting.RemoveAll(static w => w.Message.Outcome != StoreOutcome.None);

    /// <summary>Gives the rest its outcome: what is not stored has failed, and one whose id stands in the batch twice repeats the first.</summary>
    public void Finish()
    {
        foreach (Waiting left in waiting)
        {
            if (left.Message.Outcome == StoreOutcome.None)
                left.Message.Fail();
        }

        foreach ((Message twin, Message first) in twins)
        {
            if (first.Outcome == StoreOutcome.Failed)
                twin.Fail();
            else
                twin.Repeat(first.Seq);
        }
    }

    /// <summary>One message and its channel.</summary>
    internal readonly record struct Waiting(Message Message, ChannelNumbering Channel);
}
