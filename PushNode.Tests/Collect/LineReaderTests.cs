using System.Buffers;
using System.Text;
using PushNode.Collect;

namespace PushNode.Tests.Collect;

internal sealed class LineReaderTests
{
    [TestCase("", "")]
    [TestCase("a\nbc\n", "1 a|2 bc")]
    [TestCase("a\n\n\nbc", "1 a|2 |3 |4 bc")]
    [TestCase("123456\n", "1 123456")]
    [TestCase("1234567\nb\n", "1 too long|2 b")]
    [TestCase("a\n12345678901234567890\nb", "1 a|2 too long|3 b")]
    [TestCase("a\n12345678901234567890", "1 a|2 too long")]
    public void Lines_AreTheSame_HoweverTheyArrive(string text, string expected)
    {
        for (int piece = 1; piece <= text.Length + 1; piece++)
            Assert.That(string.Join('|', Read(text, piece)), Is.EqualTo(expected), $"in pieces of {piece}");
    }

    [Test]
    public void OverLongLine_IsReportedAtOnce_AndNothingOfItIsKept()
    {
        var lines = new LineReader(limit: 6);
        var reader = new SequenceReader<byte>(new("1234567"u8.ToArray()));

        Assert.That(lines.TryRead(ref reader, final: false, out _, out bool tooLong), Is.True);
        Assert.That(tooLong, Is.True);
        Assert.That(reader.End, Is.True);

        reader = new SequenceReader<byte>(new("more"u8.ToArray()));
        Assert.That(lines.TryRead(ref reader, final: false, out _, out _), Is.False);
        Assert.That(reader.End, Is.True);
    }

    private static List<string> Read(string text, int piece)
    {
        var lines = new LineReader(limit: 6);
        var read = new List<string>();
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        int kept = 0;
        for (int end = Math.Min(piece, bytes.Length); ; end = Math.Min(end + piece, bytes.Length))
        {
            var reader = new SequenceReader<byte>(new ReadOnlySequence<byte>(bytes, kept, end - kept));
            while (lines.TryRead(ref reader, final: end == bytes.Length, out ReadOnlySequence<byte> line, out bool tooLong))
                read.Add($"{lines.Number} {(tooLong ? "too long" : Encoding.UTF8.GetString(line))}");
            kept += (int)reader.Consumed;
            if (end == bytes.Length)
                return read;
        }
    }
}
