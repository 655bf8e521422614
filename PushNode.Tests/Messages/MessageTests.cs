using System.Text;
using PushNode.Messages;

namespace PushNode.Tests.Messages;

internal sealed class MessageTests
{
    [Test]
    public void Accept_BuildsTheFrame_WithTheDataVerbatim()
    {
        var message = new Message(Channel.User("alice"), "m-1", 1_763_712_000_123, long.MaxValue, "greeting", """{"b":1.50,"a":"\u00e9"}"""u8);

        message.Accept(42);

        Assert.That(
            Encoding.UTF8.GetString(message.Json.Span),
            Is.EqualTo("""{"type":"message","id":"m-1","channel":"user:alice","seq":42,"time":"2025-11-21T08:00:00.123Z","event":"greeting","data":{"b":1.50,"a":"\u00e9"}}"""));
        Assert.That(message.Outcome, Is.EqualTo(StoreOutcome.Stored));
    }

    [Test]
    public void Build_WithoutSeq_LeavesItOut()
    {
        var message = new Message(Channel.All, "m", 0, 0, null, "null"u8) { Ephemeral = true };

        message.Build();

        Assert.That(
            Encoding.UTF8.GetString(message.Json.Span),
            Is.EqualTo("""{"type":"message","id":"m","channel":"all","time":"1970-01-01T00:00:00.000Z","data":null}"""));
    }

    [TestCase(1_763_712_000_123)]
    [TestCase(1)]
    [TestCase(253_402_300_799_999)]
    [TestCase(951_782_399_999)]
    public void Time_IsReadFromTheFrame_WhereNothingElseIsKnown(long time)
    {
        var message = new Message(Channel.Topic(new string('t', 128)), new string('i', 128), time, long.MaxValue, "event", """{"time":"2001-01-01T00:00:00.000Z"}"""u8);
        message.Accept((1L << 53) - 1);

        Message elsewhere = Message.FromFrame(message.Channel, message.Seq, message.Frame.Span);

        Assert.That(elsewhere.TryFindTime(out long found), Is.True);
        Assert.That((found, elsewhere.Accepted), Is.EqualTo((time, 0)));
        Assert.That(message.TryFindTime(out found) ? found : 0, Is.EqualTo(time));
    }

    [TestCase("2025-11-21T08:00:00.123Z", 1_763_712_000_123)]
    [TestCase("2024-02-29T23:59:59.999Z and more", 1_709_251_199_999)]
    [TestCase("2025-02-29T08:00:00.123Z", null)]
    [TestCase("2025-13-21T08:00:00.123Z", null)]
    [TestCase("2025-00-21T08:00:00.123Z", null)]
    [TestCase("0000-01-01T08:00:00.123Z", null)]
    [TestCase("2025-11-21T24:00:00.123Z", null)]
    [TestCase("2025-11-21T08:60:00.123Z", null)]
    [TestCase("2025-11-21T08:00:60.123Z", null)]
    [TestCase("2025-11-21T08:00:00.1x3Z", null)]
    [TestCase("2025-11-21 08:00:00.123Z", null)]
    [TestCase("2025-11-21T08:00:00.123", null)]
    [TestCase("", null)]
    public void Timestamps_AreReadAsTheyAreWritten(string text, long? time) =>
        Assert.That(Timestamp.TryRead(Encoding.ASCII.GetBytes(text), out long read) ? read : (long?)null, Is.EqualTo(time));

    [TestCase(1)]
    [TestCase(120)]
    [TestCase(60_000)]
    [TestCase(70_000)]
    public void Frame_StartsWithAHeader_ThatTellsTheLengthOfTheJson(int dataLength)
    {
        byte[] data = Encoding.ASCII.GetBytes('"' + new string('x', dataLength) + '"');
        var message = new Message(Channel.Topic("news"), new string('i', 128), 0, 0, new string('e', 128), data);

        message.Accept((1L << 53) - 1);

        ReadOnlySpan<byte> frame = message.Frame.Span;
        int header = frame.Length - message.Json.Length;
        Assert.That(frame[0], Is.EqualTo(0x81));
        Assert.That(header, Is.EqualTo(WebSocketHeader.LengthFor(message.Json.Length)));
        Assert.That(message.Json.Span.EndsWith([.. data, (byte)'}']), Is.True);
        Assert.That(message.Data.ToArray(), Is.EqualTo(data));
    }
}
