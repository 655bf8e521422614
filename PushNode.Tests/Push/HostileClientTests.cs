using System.Text;
using PushNode.Tests.Support;

namespace PushNode.Tests.Push;

/// <summary>Clients that break RFC 6455 or the protocol: each is told what was wrong, and nobody else notices.</summary>
/// <param name="behindWebServer">Whether they come by the web server.</param>
[TestFixture(false)]
[TestFixture(true)]
internal sealed class HostileClientTests(bool behindWebServer)
{
    private static readonly byte[] Close = [0x88, 0x80, 0, 0, 0, 0];

    private static IEnumerable<TestCaseData> BrokenFrames()
    {
        yield return Case("Unmasked", [0x81, 0x02, .. "{}"u8], 1002, "masked");
        yield return Case("ReservedBit", RawWebSocket.Frame(0xC1, "{}"u8), 1002, "reserved");
        yield return Case("UnknownOpcode", RawWebSocket.Frame(0x83, "{}"u8), 1002, "opcode");
        yield return Case("UnknownControlOpcode", RawWebSocket.Frame(0x8B, ""u8), 1002, "opcode");
        yield return Case("FragmentedPing", RawWebSocket.Frame(0x09, "x"u8), 1002, "fragmented");
        yield return Case("OversizedPing", RawWebSocket.Frame(0x89, new byte[126]), 1002, "125");
        yield return Case("Oversized", [0x81, 0xFE, 0xFF, 0xFF, 0, 0, 0, 0], 1009, "16384");
        yield return Case("OversizedBy64BitLength", [0x81, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0], 1009, "16384");
        yield return Case("SmallLengthIn16Bits", [0x81, 0xFE, 0, 2, 0, 0, 0, 0, .. "{}"u8], 1002, "few bytes");
        yield return Case("LargestSmallLengthIn16Bits", [0x81, 0xFE, 0, 125], 1002, "few bytes");
        yield return Case("LengthOf16BitsIn64", [0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], 1002, "few bytes");
        yield return Case("OversizedInFragments", [.. RawWebSocket.Frame(0x01, new byte[10_000]), .. RawWebSocket.Frame(0x80, new byte[10_000])], 1009, "16384");
        yield return Case("InvalidUtf8", RawWebSocket.Frame(0x81, [0xC3, 0x28]), 1007, "UTF-8");
        yield return Case("HalfACharacterAtTheEnd", [.. RawWebSocket.Frame(0x01, "\""u8), .. RawWebSocket.Frame(0x80, [0xC3])], 1007, "UTF-8");
        yield return Case("Binary", RawWebSocket.Frame(0x82, "{}"u8), 1003, "JSON");
        yield return Case("ContinuationOfNothing", RawWebSocket.Frame(0x80, "{}"u8), 1002, "without a beginning");
        yield return Case("MessageInsideAMessage", [.. RawWebSocket.Frame(0x01, "{"u8), .. RawWebSocket.Frame(0x81, "}"u8)], 1002, "inside");
        yield return Case("CloseWithOneByte", RawWebSocket.Frame(0x88, [3]), 1002, "code");
        yield return Case("CloseWithAReservedCode", RawWebSocket.Frame(0x88, [0x03, 0xED]), 1002, "code");
        yield return Case("CloseWithABadReason", RawWebSocket.Frame(0x88, [0x03, 0xE8, 0xFF]), 1007, "reason");
        yield return Case("TenThousandPings", [.. Enumerable.Repeat(RawWebSocket.Frame(0x89, ""u8), 10_000).SelectMany(f => f)], 1008, "too many frames");
        yield return Case("TenThousandTinyFrames", [.. Enumerable.Repeat(RawWebSocket.Text("{}"), 10_000).SelectMany(f => f)], 1008, "too many frames");

        static TestCaseData Case(string name, byte[] bytes, int code, string reason) => new TestCaseData(bytes, code, reason).SetName($"Broken_{name}_IsClosed");
    }

    [TestCaseSource(nameof(BrokenFrames))]
    public async Task BrokenFrame(byte[] bytes, int code, string reason)
    {
        NodeProcess node = await SharedNode.GetAsync();
        await using RawWebSocket socket = await RawWebSocket.ConnectAsync(node.Address, Tokens.For("mallory"), behindWebServer: behindWebServer);
        await socket.ReadUntilAsync("welcome");

        await socket.SendAsync(bytes);

        (int Code, string Reason) close = await socket.ReadCloseAsync();
        Assert.That(close.Code, Is.EqualTo(code), close.Reason);
        Assert.That(close.Reason, Does.Contain(reason));
        await socket.SendAsync(Close);
        Assert.That(await socket.EndsAsync(), Is.True);
    }

    [TestCase("{", "malformed JSON at line 1")]
    [TestCase("[]", "object")]
    [TestCase("{}", "type is missing")]
    [TestCase("""{"type":"hello"}""", "ack, subscribe")]
    [TestCase("""{"type":1}""", "ack, subscribe")]
    [TestCase("""{"type":"ack"}""", "needs seq")]
    [TestCase("""{"type":"ack","seq":-1}""", "whole number")]
    [TestCase("""{"type":"ack","seq":1.5}""", "whole number")]
    [TestCase("""{"type":"ack","seq":"1"}""", "whole number")]
    [TestCase("""{"type":"ack","seq":9007199254740992}""", "2^53")]
    [TestCase("""{"type":"ack","seq":1}""", "above 0")]
    [TestCase("""{"type":"ack","seq":1,"channel":"topic:news"}""", "not subscribed")]
    [TestCase("""{"type":"ack","seq":1,"channel":"user:somebody-else"}""", "not subscribed")]
    [TestCase("""{"type":"ack","seq":1,"channel":"nothing"}""", "channel must be")]
    [TestCase("""{"type":"ack","seq":0,"sequence":1}""", "no field 'sequence'")]
    [TestCase("""{"type":"ack","seq":0,"seq":1}""", "'seq' twice")]
    [TestCase("""{"type":"ack","topic":"news","seq":0}""", "ack has no field 'topic'; known are type, seq, channel")]
    [TestCase("""{"seq":0,"token":"s","type":"ack"}""", "ack has no field 'token'")]
    [TestCase("""{"type":"ack","after":0}""", "ack has no field 'after'")]
    [TestCase("""{"type":"ping","seq":1}""", "ping has no field 'seq'; known is type")]
    [TestCase("""{"type":"subscribe","topic":"news","channel":"all"}""", "subscribe has no field 'channel'; known are type, topic, after")]
    [TestCase("""{"type":"subscribe","topic":"news","seq":7}""", "subscribe has no field 'seq'")]
    [TestCase("""{"type":"unsubscribe","topic":"news","after":7}""", "unsubscribe has no field 'after'; known are type, topic")]
    [TestCase("""{"type":"auth","token":"x","channel":"all"}""", "auth has no field 'channel'; known are type, token")]
    [TestCase("""{"type":"ping"}{}""", "malformed")]
    [TestCase("""{"type":"subscribe"}""", "topic is missing")]
    [TestCase("""{"type":"subscribe","topic":"a b"}""", "1 to 128 characters")]
    [TestCase("""{"type":"subscribe","topic":"secret"}""", "does not allow topic secret")]
    [TestCase("""{"type":"unsubscribe","topic":"news"}""", "not subscribed")]
    [TestCase("""{"type":"auth"}""", "token is missing")]
    [TestCase("""{"type":"auth","token":"x"}""", "auth:")]
    public async Task BadCommand_IsAnsweredWithAnError_AndTheConnectionStays(string json, string part)
    {
        NodeProcess node = await SharedNode.GetAsync();
        await using TestClient client = await TestClient.ConnectAsync(node.Address, Tokens.For("mallory", ["news"]));

        await client.SendAsync(json);

        string message = (await client.WaitForAsync("error")).GetProperty("message").GetString()!;
        Assert.That(message, Does.Contain(part));
        await client.SendAsync("""{"type":"ping"}""");
        await client.WaitForAsync("pong");
    }

    [Test]
    public async Task FragmentedCommand_SplitByAPing_IsOne()
    {
        NodeProcess node = await SharedNode.GetAsync();
        await using RawWebSocket socket = await RawWebSocket.ConnectAsync(node.Address, Tokens.For("carol"), behindWebServer: behindWebServer);
        await socket.ReadUntilAsync("welcome");

        foreach (byte b in (byte[])[.. RawWebSocket.Frame(0x01, "{\"type\":"u8), .. RawWebSocket.Frame(0x89, "in between"u8), .. RawWebSocket.Frame(0x80, "\"ping\"}"u8)])
            await socket.SendAsync([b]);

        await socket.ReadUntilAsync("pong");
    }

    [Test]
    public async Task HalfAFrame_ThenSilence_IsClosed()
    {
        await using NodeProcess node = await NodeProcess.StartAsync("--Push:FrameTimeout", "00:00:01");
        await using RawWebSocket socket = await RawWebSocket.ConnectAsync(node.Address, Tokens.For("mallory"), behindWebServer: behindWebServer);

        await socket.SendAsync([0x81, 0xFD, 1, 2]);

        (int Code, string Reason) close = await socket.ReadCloseAsync();
        Assert.That(close, Is.EqualTo((1008, "a message was begun and not finished within 1 s")));
    }

    [Test]
    public async Task Silence_IsPinged_ThenClosed()
    {
        await using NodeProcess node = await NodeProcess.StartAsync("--Push:HeartbeatInterval", "00:00:01", "--Push:HeartbeatTimeout", "00:00:03");
        await using RawWebSocket socket = await RawWebSocket.ConnectAsync(node.Address, Tokens.For("sleeper"), behindWebServer: behindWebServer);

        int opcode;
        do
            opcode = (await socket.ReadFrameAsync()).Opcode;
        while (opcode == 1);
        Assert.That(opcode, Is.EqualTo(9), "a ping comes first");
        Assert.That((await socket.ReadCloseAsync()).Code, Is.EqualTo(4408));
    }

    [Test]
    public async Task HandshakeNeverFinished_IsCut()
    {
        NodeProcess node = await SharedNode.GetAsync();
        await using RawWebSocket socket = await RawWebSocket.OpenAsync(node.Address);

        await socket.SendTextAsync("GET /push HTTP/1.1\r\nHost: x\r\n");

        string answer = await socket.ReadHeadAsync();
        Assert.That(answer, Is.Empty.Or.StartsWith("HTTP/1.1 408"));
    }

    [Test]
    public async Task ANodeUnderAttack_ServesTheOthers()
    {
        NodeProcess node = await SharedNode.GetAsync();
        string name = $"victim-{behindWebServer}";
        using var producer = new Producer(node.Address);
        await using TestClient victim = await TestClient.ConnectAsync(node.Address, Tokens.For(name));
        await victim.WaitForAsync("live", $"user:{name}");

        byte[] noise = new byte[64 * 1024];
        new Random(1).NextBytes(noise);
        await Task.WhenAll(Enumerable.Range(0, 50).Select(async n =>
        {
            await using RawWebSocket socket = await RawWebSocket.ConnectAsync(node.Address, Tokens.For($"mallory{n}"), behindWebServer: behindWebServer);
            try
            {
                await socket.SendAsync(noise);
            }
            catch (IOException)
            {
                // Cut while it was still sending.
            }
        }));
        long seq = await producer.PushToAsync(name, Encoding.UTF8.GetString("\"still here\""u8));

        await victim.WaitForMessagesAsync(1);
        Assert.That(victim.Messages.Single().GetProperty("seq").GetInt64(), Is.EqualTo(seq));
    }
}
