using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using PushNode.Bench;

namespace PushNode.Tests.Bench;

internal sealed class AnswerTests
{
    private const string Plain = "HTTP/1.1 202 Accepted\r\ncontent-length: 21\r\nServer: x\r\n\r\n{\"id\":\"abc\",\"seq\":42}";
    private const string Chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\n{\"id\"\r\n10\r\n:\"abc\",\"seq\":42}\r\n0\r\nTrailer: 1\r\n\r\n";
    private const string Empty = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";

    [TestCase(Plain, 202, """{"id":"abc","seq":42}""")]
    [TestCase(Chunked, 200, """{"id":"abc","seq":42}""")]
    [TestCase(Empty, 404, "")]
    public void AnAnswer_IsRead_InWhateverPieces_AndTheNextOneToo(string answer, int status, string body)
    {
        foreach (int piece in (int[])[1, 2, 7, int.MaxValue])
        {
            var reader = new AnswerReader();
            byte[] bytes = Encoding.ASCII.GetBytes(answer + answer + Plain);
            int read = 0;
            for (int at = 0; at < bytes.Length; at += Math.Min(piece, bytes.Length - at))
            {
                Assert.That(reader.Advance(bytes.AsSpan(at, Math.Min(piece, bytes.Length - at))), Is.True);
                while (reader.IsDone && read < 3)
                {
                    string expected = read < 2 ? body : """{"id":"abc","seq":42}""";
                    Assert.That((reader.Status, Encoding.ASCII.GetString(reader.Body)), Is.EqualTo((read < 2 ? status : 202, expected)), $"in pieces of {piece}");
                    read++;
                    Assert.That(reader.Next(), Is.True);
                }
            }

            Assert.That(read, Is.EqualTo(3));
        }
    }

    [Test]
    public void Lines_CanBeTaken_BeforeTheAnswerIsDone()
    {
        var reader = new AnswerReader();
        reader.Advance("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{}\n{\r\n"u8);
        Assert.That(Encoding.ASCII.GetString(reader.Body), Is.EqualTo("{}\n{"));

        reader.Consume(3);
        reader.Advance("2\r\n}\n\r\n"u8);
        Assert.That(Encoding.ASCII.GetString(reader.Body), Is.EqualTo("{}\n"));
        Assert.That(reader.IsDone, Is.False);
    }

    [TestCase("SSH-2.0-OpenSSH\r\n\r\n")]
    [TestCase("HTTP/1.1 2x2 OK\r\n\r\n")]
    [TestCase("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")]
    public void WhatIsNoAnswer_IsTold(string bytes) => Assert.That(new AnswerReader().Advance(Encoding.ASCII.GetBytes(bytes)), Is.False);

    [TestCase("""{"status":202,"id":"x","seq":42}""", 202, 42)]
    [TestCase("""{"id":"x","seq":42}""", 0, 42)]
    [TestCase("""{"status":503,"code":"unavailable","detail":"full","line":3,"retryAfter":1}""", 503, 0)]
    public void ALine_SaysStatusAndSeq(string json, int status, long seq)
    {
        Assert.That(Answer.TryRead(Encoding.ASCII.GetBytes(json), out Answer answer), Is.True);
        Assert.That(answer, Is.EqualTo(new Answer(status, seq)));
    }

    [TestCase(401, "no API key", "--key-file")]
    [TestCase(429, "your address has 3 connections, the most allowed", "Push:MaxConnectionsPerAddress")]
    [TestCase(429, "this user has 100 connections, the most allowed", "Push:MaxConnectionsPerUser")]
    [TestCase(429, "too many messages", "Collect:MaxMessagesPerSecond")]
    [TestCase(503, "this node has 5 connections, the most allowed", "Push:MaxConnections")]
    [TestCase(413, "too long", "Collect:MaxDataBytes")]
    public void ARefusal_NamesTheDetail_AndTheSettingToRaise(int status, string detail, string setting)
    {
        string json = new JsonObject { ["status"] = status, ["detail"] = detail }.ToJsonString();

        Assert.That(Refusals.Explain(status, json), Does.StartWith($"{status} ({detail})").And.Contain(setting));
    }

    [TestCase(BenchTarget.Users, """{"userId":"bench-run-17",""")]
    [TestCase(BenchTarget.Topic, """{"topic":"bench-run",""")]
    [TestCase(BenchTarget.All, """{"broadcast":true,""")]
    public void AMessage_HasItsTarget_AndDataOfTheLengthAskedFor(BenchTarget to, string start)
    {
        var writer = new MessageWriter(TestPlan.For(new Uri("http://127.0.0.1:1")) with { To = to, Size = MessageWriter.MinSize });
        byte[] target = new byte[writer.MaxLength];
        int length = writer.Write(target, 17, long.MaxValue, long.MaxValue - 1);

        string json = Encoding.ASCII.GetString(target, 0, length);
        Assert.That(json, Does.StartWith(start));
        JsonNode data = JsonNode.Parse(json)!["data"]!;
        Assert.That(data.ToJsonString(), Has.Length.EqualTo(MessageWriter.MinSize));
        Assert.That(((long)data["n"]!, (long)data["t"]!, (string)data["run"]!), Is.EqualTo((long.MaxValue, long.MaxValue - 1, "run")));
    }

    [Test]
    [Platform("Linux")]
    public void TheProcess_ThatListensOnAPort_IsFound()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;

        Assert.That(LocalProcesses.FindListener(port), Is.EqualTo(Environment.ProcessId));
        listener.Stop();
        Assert.That(LocalProcesses.FindListener(port), Is.Null);
        Assert.That(LocalProcesses.OpenFileLimit("self"), Is.GreaterThan(0));
    }
}
