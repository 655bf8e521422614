using System.Buffers;

namespace PushNode.Collect;

/// <summary>Takes lines out of a stream's buffers and counts them. A line over the limit is reported once, as soon as that is known, and passed over without being kept.</summary>
internal sealed class LineReader(int limit)
{
    private bool passingOver;

    /// <summary>The number of the line returned last, from 1.</summary>
    public long Number { get; private set; }

    /// <summary>Takes the next line, without its line feed; false when the rest is not a whole line yet.</summary>
    /// <param name="reader">What has arrived and was not taken before.</param>
    /// <param name="final">Nothing more will arrive, so the last line may lack its line feed.</param>
    /// <param name="line">The line; of no use when it is too long.</param>
    /// <param name="tooLong">Whether it is over the limit.</param>
    public bool TryRead(ref SequenceReader<byte> reader, bool final, out ReadOnlySequence<byte> line, out bool tooLong)
    {
        while (reader.TryReadTo(out line, (byte)'\n'))
        {
            if (passingOver)
            {
                passingOver = false;
                continue;
            }

            Number++;
            tooLong = line.Length > limit;
            return true;
        }

        tooLong = reader.Remaining > limit && !passingOver;
        bool last = final && reader.Remaining > 0 && !passingOver;
        if (tooLong || last)
        {
            Number++;
            line = reader.UnreadSequence;
        }

        passingOver |= tooLong;
        if (passingOver || last)
            reader.AdvanceToEnd();
        return tooLong || last;
    }
}
