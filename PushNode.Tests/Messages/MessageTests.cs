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
