using PushNode.Settings;

namespace PushNode.Storage.Journal;

/// <summary>Reads a segment into the index at start, past any damage.</summary>
internal sealed class SegmentLoader(JournalIndex index, JournalServices services)
{
    /// <exception cref="SettingsException">A later version has written it.</exception>
    public SegmentLoad Load(Segment segment)
    {
        long length = RandomAccess.GetLength(segment.File);
        var reader = new RecordReader(services.Disk, segment.File, length);
        var damage = new List<(long From, long To)>();
        if (!TryLoadHeader(reader, segment))
            reader.Position = 0;
        long now = services.Now;
        while (true)
        {
            while (reader.TryRead(out ReadOnlySpan<byte> payload))
                Add(payload, reader, segment, now);
            if (reader.AtEnd)
                break;
            long from = reader.Position;
            if (!reader.TryResync())
            {
                // Zeros are what the file was made longer by ahead of what is written.
                long to = reader.FindZeros(from);
                if (to > from)
                    damage.Add((from, to));
                segment.Length = from;
                return new SegmentLoad(from, damage);
            }

            damage.Add((from, reader.Position));
        }

        segment.Length = length;
        return new SegmentLoad(length, damage);
    }

    private static bool TryLoadHeader(RecordReader reader, Segment segment)
    {
        if (!reader.TryRead(out ReadOnlySpan<byte> payload) || !SegmentHeader.TryParse(payload, segment.Number, out byte version, out long created))
            return false;
        if (version > SegmentHeader.Version)
        {
            string formats = $"format {version}, this one reads {SegmentHeader.Version}";
            throw new SettingsException("Data", segment.Path, $"it was written by a later version ({formats}); use that version");
        }

        segment.Created = created;
        return true;
    }

    private void Add(ReadOnlySpan<byte> payload, RecordReader reader, Segment segment, long now)
    {
        if (!MessageRecord.TryParse(payload, out MessageRecord record))
            return;
        ChannelIndex channel = index.GetOrAdd(record.Channel);
        var entry = new IndexEntry(record.Seq, segment.Number, (uint)reader.RecordStart, (int)(reader.Position - reader.RecordStart), record.Expires);
        if (entry.HasExpired(now))
            channel.RaiseHead(record.Seq);
        else
            channel.Add(entry);
        segment.Include(record.Time, record.Expires);
        if (record.HasProducerId)
            index.Ids.Add(ProducerIds.KeyOf(record.Channel, record.Id), record.Seq, segment.Number);
    }
}
