using PushNode.Messages;

namespace PushNode.Storage.Journal;

/// <summary>Numbers a batch, and publishes it when it is stored or takes everything back when it is not. Used by the appending thread only.</summary>
internal sealed class AppendPlan(JournalIndex index)
{
    private readonly List<PlannedMessage> planned = [];
    private readonly List<IndexEntry> entries = [];

    /// <summary>Decides what becomes of each message.</summary>
    public void Number(IReadOnlyList<Message> batch, int segment)
    {
        for (int i = 0; i < batch.Count; i++)
            planned.Add(Number(batch[i], segment));
    }

    /// <summary>Writes the messages to store; false when there is none.</summary>
    public bool WriteTo(SegmentWriter writer)
    {
        foreach (PlannedMessage item in planned)
        {
            if (item.Plan != Plan.Store)
                continue;
            (uint offset, int length) = writer.Append(item.Message, item.Seq);
            entries.Add(new IndexEntry(item.Seq, writer.Active.Number, offset, length, item.Message.Expires));
        }

        return entries.Count > 0;
    }

    /// <summary>The batch is stored: readers see it, and each message has its outcome.</summary>
    public void Publish(Segment segment)
    {
        int stored = 0;
        foreach (PlannedMessage item in planned)
        {
            switch (item.Plan)
            {
                case Plan.Store:
                    item.Channel.Add(entries[stored++]);
                    segment.Include(item.Message.Time, item.Message.Expires);
                    item.Message.Accept(item.Seq);
                    break;
                case Plan.Repeat:
                    item.Message.Repeat(item.Seq);
                    break;
                default:
                    item.Message.Fail();
                    break;
            }
        }
    }

    /// <summary>The batch is not stored: its numbers and ids are free again.</summary>
    public void TakeBack()
    {
        foreach (PlannedMessage item in planned)
        {
            if (item.Plan == Plan.Store)
            {
                item.Channel.Release();
                if (item.Message.HasProducerId)
                    index.Ids.Remove(item.Key);
            }
        }
    }

    /// <summary>Forgets the batch.</summary>
    public void Clear()
    {
        planned.Clear();
        entries.Clear();
    }

    private PlannedMessage Number(Message message, int segment)
    {
        ChannelIndex channel = index.GetOrAdd(message.Channel.Name);
        if (MessageRecord.LengthOf(message) - RecordFraming.HeaderLength > RecordFraming.MaxPayload)
            return new PlannedMessage(message, Plan.Refuse, channel, 0, default);
        if (!message.HasProducerId)
            return new PlannedMessage(message, Plan.Store, channel, channel.Reserve(index.Floor), default);

        UInt128 key = ProducerIds.KeyOf(message);
        if (index.Ids.TryFind(key, out long first))
            return new PlannedMessage(message, Plan.Repeat, channel, first, default);
        long seq = channel.Reserve(index.Floor);
        index.Ids.Add(key, seq, segment);
        return new PlannedMessage(message, Plan.Store, channel, seq, key);
    }
}
