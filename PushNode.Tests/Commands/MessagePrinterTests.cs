using System.Text;
using PushNode.Commands;

namespace PushNode.Tests.Commands;

internal sealed class MessagePrinterTests
{
    private const string Message = """{"type":"message","id":"i","channel":"user:alice","seq":42,"time":"2026-11-21T08:00:00.000Z","event":"order","data":{ "n": 1.50 }}""";

    [TestCase(Message, """2026-11-21T08:00:00.000Z user:alice 42 order { "n": 1.50 }""")]
    [TestCase("""{"type":"message","channel":"all","time":"t","data":null}""", "t all - - null")]
    [TestCase("{\"type\":\"message\",\"channel\":\"all\",\"time\":\"t\",\"data\":[1,\r\n2]}", "t all - - [1,  2]")]
    [TestCase("{\"type\":\"message\",\"channel\":\"all\",\"time\":\"t\",\"data\":\"\u009b2J\u202e\u007f é 👩‍👩‍👧\"}", "t all - - \"\\u009b2J\\u202e\\u007f é 👩‍👩‍👧\"")]
    public async Task Print_IsOneReadableLine_ThatCannotSteerTheTerminal(string frame, string line)
    {
        Assert.That(await PrintAsync(frame, isJson: false), Is.EqualTo(line + Environment.NewLine));
    }

    [Test]
    public async Task Print_Json_IsTheMessageAsItCame()
    {
        Assert.That(await PrintAsync(Message, isJson: true), Is.EqualTo(Message + Environment.NewLine));
    }

    [Test]
    public async Task Print_JsonOverSeveralLines_IsOneLine()
    {
        string text = await PrintAsync("{\"type\":\"message\",\"data\":{\n  \"a\": \"x\\ny\"\r\n}}", isJson: true);

        Assert.That(text.TrimEnd('\r', '\n'), Is.EqualTo("{\"type\":\"message\",\"data\":{   \"a\": \"x\\ny\"  }}"));
    }

    private static async Task<string> PrintAsync(string frame, bool isJson)
    {
        await using var output = new StringWriter();
        await new MessagePrinter(output, isJson).PrintAsync(ServerFrame.Parse(Encoding.UTF8.GetBytes(frame))!);
        return output.ToString();
    }
}
