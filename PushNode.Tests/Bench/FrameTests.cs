using System.Text;
using PushNode.Bench;
using PushNode.Messages;

namespace PushNode.Tests.Bench;

internal sealed class FrameTests
{
    [TestCase(0)]
    [TestCase(125)]
    [TestCase(126)]
    [TestCase(65_535)]
    [TestCase(65_536)]
    public void Frames_AreFound_WhereverTheyAreCut(int length)
    {
        byte[] payload = [.. Enumerable.Range(0, length).Select(static i => (byte)i)];
        byte[] frame = ServerFrame(FrameReader.Text, payload);
        int[] cuts = [.. Enumerable.Range(0, 12), frame.Length / 2, frame.Length - 1];

        foreach (int cut in cuts.Where(c => c < frame.Length))
            Assert.That(FrameReader.Read(frame.AsSpan(0, cut), out _, out _), Is.Zero, $"after {cut} bytes");
        Assert.That(FrameReader.Read([.. frame, 0x81], out int opcode, out ReadOnlySpan<byte> read), Is.EqualTo(frame.Length));
        Assert.That(opcode, Is.EqualTo(FrameReader.Text));
        Assert.That(read.ToArray(), Is.EqualTo(payload));
    }

    [TestCase(new byte[] { 0x01, 0 }, TestName = "Not final")]
    [TestCase(new byte[] { 0x80, 0 }, TestName = "The rest of another")]
    [TestCase(new byte[] { 0x82, 0 }, TestName = "Binary")]
    [TestCase(new byte[] { 0xC1, 0 }, TestName = "Reserved bits")]
    [TestCase(new byte[] { 0x81, 0x80 }, TestName = "Masked")]
    [TestCase(new byte[] { 0x81, 127, 255, 255, 255, 255, 255, 255, 255, 255 }, TestName = "Far too long")]
    [TestCase(new byte[] { (byte)'H', (byte)'T' }, TestName = "HTTP")]
    public void WhatNoNodeSends_IsNoFrame(byte[] bytes) => Assert.That(FrameReader.Read(bytes, out _, out _), Is.EqualTo(-1));

    [TestCase("")]
    [TestCase("p")]
    [TestCase("a payload of a ping")]
    public void ClientFrames_AreMasked_AndReadBack(string payload)
    {
        byte[] target = new byte[ClientFrames.MaxLength];
        int length = ClientFrames.Write(target, FrameReader.Pong, Encoding.ASCII.GetBytes(payload), 0xA1B2C3D4);

        Assert.That(Unmask(target.AsSpan(0, length), out int opcode), Is.EqualTo(payload));
        Assert.That(opcode, Is.EqualTo(FrameReader.Pong));
    }

    [TestCase("", """{"type":"ack","seq":42}""")]
    [TestCase("topic:news", """{"type":"ack","channel":"topic:news","seq":42}""")]
    public void Ack_NamesTheChannel_UnlessItIsTheUsersOwn(string channel, string json)
    {
        byte[] target = new byte[ClientFrames.MaxLength];
        int length = ClientFrames.WriteAck(target, Encoding.ASCII.GetBytes(channel), 42, 1);

        Assert.That(Unmask(target.AsSpan(0, length), out _), Is.EqualTo(json));
    }

    [Test]
    public void Ack_OfTheLongestName_FindsRoom()
    {
        byte[] name = Encoding.ASCII.GetBytes("topic:" + new string('n', 128));
        byte[] target = new byte[ClientFrames.MaxLength];
        int length = ClientFrames.WriteAck(target, name, long.MaxValue, 7);

        Assert.That(Unmask(target.AsSpan(0, length), out _), Does.EndWith($"\"seq\":{long.MaxValue}}}"));
    }

    [Test]
    public void MessageFrame_IsReadInAnyOrder_AndOnlyWhatIsItsOwn()
    {
        Assert.That(
            PushedFrame.TryRead("""{ "data":{"run":"r1","pad":"x","inner":{"n":9},"n":5,"t":77}, "x":{"seq":8,"n":3}, "seq":42, "channel":"all", "type":"message" }"""u8, out PushedFrame frame),
            Is.True);
        Assert.That((frame.Seq, frame.Number, frame.Due), Is.EqualTo((42L, 5L, 77L)));
        Assert.That(Encoding.ASCII.GetString(frame.Type) + Encoding.ASCII.GetString(frame.Channel) + Encoding.ASCII.GetString(frame.Run), Is.EqualTo("messageallr1"));
    }

    [TestCase("""{"type":"message","seq":1,"data":[{"n":5}]}""")]
    [TestCase("""{"type":"message","seq":1,"data":"n"}""")]
    [TestCase("""{"type":"message","seq":1,"data":{"n":"5"}}""")]
    public void DataOfOthers_HasNoNumber(string json)
    {
        Assert.That(PushedFrame.TryRead(Encoding.UTF8.GetBytes(json), out PushedFrame frame), Is.True);
        Assert.That((frame.Seq, frame.Number), Is.EqualTo((1L, 0L)));
    }

    [TestCase("")]
    [TestCase("[]")]
    [TestCase("{\"type\":")]
    public void WhatIsNoObject_IsNoFrame(string json) => Assert.That(PushedFrame.TryRead(Encoding.UTF8.GetBytes(json), out _), Is.False);

    private static byte[] ServerFrame(int opcode, byte[] payload)
    {
        byte[] frame = new byte[WebSocketHeader.LengthFor(payload.Length) + payload.Length];
        payload.CopyTo(frame, WebSocketHeader.Write(frame, (byte)opcode, payload.Length));
        return frame;
    }

    private static string Unmask(ReadOnlySpan<byte> frame, out int opcode)
    {
        opcode = frame[0] & 0x0F;
        Assert.That(frame[0] & 0x80, Is.EqualTo(0x80), "final");
        Assert.That(frame[1] & 0x80, Is.EqualTo(0x80), "masked");
        int header = (frame[1] & 0x7F) == 126 ? 4 : 2;
        int length = header == 4 ? (frame[2] << 8) | frame[3] : frame[1] & 0x7F;
        ReadOnlySpan<byte> mask = frame.Slice(header, 4);
        byte[] payload = frame.Slice(header + 4).ToArray();
        Assert.That(payload, Has.Length.EqualTo(length));
        for (int i = 0; i < payload.Length; i++)
            payload[i] ^= mask[i & 3];
        return Encoding.ASCII.GetString(payload);
    }
}
