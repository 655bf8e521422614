using PushNode.Messages;
using PushNode.Peers;

namespace PushNode.Tests.Peers;

internal sealed class PeerBodyTests
{
    private const int Seed = 20261121;

    private static readonly string[] Texts = ["", "a", "Ünïcødé 😀", new string('x', ushort.MaxValue)];

    private delegate void Reading(ref PeerReader body);

    [Test]
    public void WhatIsWritten_IsReadBack()
    {
        var body = new PeerWriter();
        WriteAll(body);

        var reader = new PeerReader(body.Written.Span);
        ReadAll(ref reader);
        reader.End();
    }

    [Test]
    public void Clear_StartsOver()
    {
        var body = new PeerWriter();
        WriteAll(body);
        body.Clear();
        body.Int(7);

        Assert.That(body.Written.ToArray(), Is.EqualTo(new byte[] { 7, 0, 0, 0 }));
    }

    [Test]
    public void Clear_KeepsTheBufferOfABody_UpToAMebibyte()
    {
        var body = new PeerWriter();
        byte[] part = new byte[1_100];
        Fill();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10; i++)
            Fill();

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(10_000));

        void Fill()
        {
            body.Clear();
            while (body.Length < 1_000_000)
                body.Bytes(part);
        }
    }

    [Test]
    public void EveryPrefix_IsMalformed()
    {
        var body = new PeerWriter();
        body.Byte(1);
        body.Flag(true);
        body.Int(-1);
        body.Long(long.MinValue);
        body.Text("Ünïcødé");
        body.Bytes("bytes"u8);
        body.Int(1);
        body.Text("one thing");
        AssertEveryPrefixIsMalformed(body.Written.ToArray(), static (ref r) =>
        {
            r.Byte();
            r.Flag();
            r.Int();
            r.Long();
            r.Text();
            r.Bytes();
            for (int i = r.Count(); i > 0; i--)
                r.Text();
        });
    }

    [Test]
    public void EveryPrefixOfAMessage_IsMalformed([Values] bool ephemeral, [Values] bool reported)
    {
        var body = new PeerWriter();
        MessageEntry.Write(body, Some(ephemeral, reported));

        AssertEveryPrefixIsMalformed(body.Written.ToArray(), static (ref r) => MessageEntry.Read(ref r));
    }

    [Test]
    public void Message_ComesThroughAsItIs([Values] bool ephemeral, [Values] bool reported)
    {
        Message message = Some(ephemeral, reported);
        var body = new PeerWriter();
        MessageEntry.Write(body, message);
        Assert.That(MessageEntry.SizeOf(message), Is.EqualTo(body.Length));

        var reader = new PeerReader(body.Written.Span);
        Message read = MessageEntry.Read(ref reader);

        reader.End();
        Assert.Multiple(() =>
        {
            Assert.That(read.Channel, Is.EqualTo(message.Channel));
            Assert.That((read.Seq, read.Ephemeral), Is.EqualTo((message.Seq, message.Ephemeral)));
            Assert.That(read.Frame.ToArray(), Is.EqualTo(message.Frame.ToArray()));
            Assert.That(read.Json.ToArray(), Is.EqualTo(message.Json.ToArray()));
            Assert.That(read.Report, reported ? Is.Not.Null : Is.Null);
        });
    }

    [TestCase(0xFC, 1, "user:alice", "a flag that does not exist")]
    [TestCase(0, 0, "user:alice", "a stored message without a seq")]
    [TestCase(1, 1, "user:alice", "an ephemeral message with a seq")]
    [TestCase(0, -1, "user:alice", "a negative seq")]
    [TestCase(0, 1, "user:", "a channel of nobody")]
    [TestCase(0, 1, "user:al ice", "a channel that is none")]
    [TestCase(0, 1, "room:x", "a kind of channel that does not exist")]
    [TestCase(0, 1, "", "no channel")]
    public void Message_ThatIsNone_IsMalformed(byte flags, long seq, string channel, string why)
    {
        var body = new PeerWriter();
        body.Byte(flags);
        body.Long(seq);
        body.Text(channel);
        body.Bytes(Some(false, false).Frame.Span);

        AssertMalformed(body.Written.ToArray(), static (ref r) => MessageEntry.Read(ref r), why);
    }

    [TestCase(new byte[0])]
    [TestCase(new byte[] { 0x81 })]
    [TestCase(new byte[] { 0x01, 0 })]
    [TestCase(new byte[] { 0x81, 2, 65 })]
    [TestCase(new byte[] { 0x81, 0x81, 0, 0, 0, 0, 65 })]
    [TestCase(new byte[] { 0x81, 127, 0, 0, 0, 0, 0, 0, 0 })]
    [TestCase(new byte[] { 0x81, 127, 255, 255, 255, 255, 255, 255, 255, 255 })]
    public void Frame_ThatIsNone_IsMalformed(byte[] frame)
    {
        var body = new PeerWriter();
        body.Byte(0);
        body.Long(1);
        body.Text("user:alice");
        body.Bytes(frame);

        AssertMalformed(body.Written.ToArray(), static (ref r) => MessageEntry.Read(ref r), "a frame that is none");
    }

    [TestCase(-1)]
    [TestCase(int.MinValue)]
    [TestCase(int.MaxValue)]
    [TestCase(5)]
    public void Lengths_ThatMakeNoSense_AreMalformed(int length)
    {
        var body = new PeerWriter();
        body.Int(length);
        body.Int(0);

        AssertMalformed(body.Written.ToArray(), static (ref r) => r.Bytes(), $"{length} bytes");
        AssertMalformed(body.Written.ToArray(), static (ref r) => r.Count(), $"{length} things");
    }

    [Test]
    public void Flag_ThatIsNeither_IsMalformed() => AssertMalformed([2], static (ref r) => r.Flag(), "2 as a flag");

    [Test]
    public void BytesTooMany_AreMalformed() => AssertMalformed([1, 2], static (ref r) =>
    {
        r.Byte();
        r.End();
    }, "a byte too many");

    [Test]
    public void AnyBytes_AreReadOrMalformed()
    {
        var random = new Random(Seed);
        var valid = new PeerWriter();
        MessageEntry.Write(valid, Some(false, true));
        for (int round = 0; round < 20_000; round++)
        {
            byte[] body = valid.Written.ToArray();
            for (int i = random.Next(1, 8); i > 0; i--)
                body[random.Next(body.Length)] = (byte)random.Next(256);
            try
            {
                var reader = new PeerReader(body);
                MessageEntry.Read(ref reader);
            }
            catch (MalformedPeerBodyException)
            {
                // As it should be.
            }
        }
    }

    private static Message Some(bool ephemeral, bool reported)
    {
        var message = new Message(Channel.User("alice"), "id-1", 1_795_000_000_000, long.MaxValue, "event", "{\"text\":\"hi\"}"u8)
        {
            Ephemeral = ephemeral,
            Report = reported ? new DeliveryReport(1) : null,
        };
        if (ephemeral)
            message.Build();
        else
            message.Accept(42);
        return message;
    }

    private static void WriteAll(PeerWriter body)
    {
        body.Byte(255);
        body.Flag(true);
        body.Flag(false);
        body.Int(int.MinValue);
        body.Long(long.MaxValue);
        foreach (string text in Texts)
            body.Text(text);
        body.Bytes([]);
        body.Bytes(new byte[100_000]);
    }

    private static void ReadAll(ref PeerReader body)
    {
        Assert.That(body.Byte(), Is.EqualTo(255));
        Assert.That(body.Flag(), Is.True);
        Assert.That(body.Flag(), Is.False);
        Assert.That(body.Int(), Is.EqualTo(int.MinValue));
        Assert.That(body.Long(), Is.EqualTo(long.MaxValue));
        foreach (string text in Texts)
            Assert.That(body.Text(), Is.EqualTo(text));
        Assert.That(body.Bytes().Length, Is.Zero);
        Assert.That(body.Bytes().Length, Is.EqualTo(100_000));
        Assert.That(body.IsAtEnd, Is.True);
    }

    private static void AssertEveryPrefixIsMalformed(byte[] whole, Reading read)
    {
        var reader = new PeerReader(whole);
        read(ref reader);
        reader.End();
        for (int length = 0; length < whole.Length; length++)
            AssertMalformed(whole[..length], read, $"{length} of {whole.Length} bytes");
    }

    private static void AssertMalformed(byte[] body, Reading read, string what) => Assert.That(
        () =>
        {
            var reader = new PeerReader(body);
            read(ref reader);
            reader.End();
        },
        Throws.TypeOf<MalformedPeerBodyException>(),
        what);
}
