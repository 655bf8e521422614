using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using PushNode.Messages;

namespace PushNode.Push;

/// <summary>A control frame of the server: JSON text with room for the WebSocket header in front of it. Names need no escaping by their spelling rules.</summary>
internal readonly struct ServerFrame
{
    private const byte TextFrame = 1;

    private readonly byte[] buffer;
    private readonly int start;

    private ServerFrame(string type, byte[] buffer)
    {
        Type = type;
        this.buffer = buffer;
        int payload = buffer.Length - WebSocketHeader.MaxLength;
        start = WebSocketHeader.MaxLength - WebSocketHeader.LengthFor(payload);
        WebSocketHeader.Write(buffer.AsSpan(start), TextFrame, payload);
    }

    /// <summary>The value of the JSON's <c>type</c>; over SSE the name of the event.</summary>
    public string Type { get; }

    public ReadOnlyMemory<byte> Json => buffer.AsMemory(WebSocketHeader.MaxLength);

    /// <summary>The JSON with its WebSocket header.</summary>
    public ReadOnlyMemory<byte> WebSocket => buffer.AsMemory(start);

    public static ServerFrame Welcome(string user, string connection, string node, string epoch, long head, int heartbeatSeconds) => Create(
        "welcome",
        $$"""{"type":"welcome","user":"{{user}}","connection":"{{connection}}","node":"{{node}}","epoch":"{{epoch}}","head":{{head}},"heartbeat":{{heartbeatSeconds}}}""");

    public static ServerFrame Live(Channel channel, long seq) =>
        Create("live", $$"""{"type":"live","channel":"{{channel.Name}}","seq":{{seq}}}""");

    public static ServerFrame Reset(Channel channel, string epoch) =>
        Create("reset", $$"""{"type":"reset","channel":"{{channel.Name}}","epoch":"{{epoch}}"}""");

    public static ServerFrame Subscribed(string topic, long head) =>
        Create("subscribed", $$"""{"type":"subscribed","topic":"{{topic}}","head":{{head}}}""");

    public static ServerFrame Unsubscribed(string topic) =>
        Create("unsubscribed", $$"""{"type":"unsubscribed","topic":"{{topic}}"}""");

    public static ServerFrame Reconnect(int afterMilliseconds) =>
        Create("reconnect", $$"""{"type":"reconnect","afterMs":{{afterMilliseconds}}}""");

    public static ServerFrame Pong() => Create("pong", $$"""{"type":"pong"}""");

    /// <summary>The message may hold anything and is escaped.</summary>
    public static ServerFrame Error(string code, string message) => Create(
        "error",
        $$"""{"type":"error","code":"{{code}}","message":"{{JsonEncodedText.Encode(message)}}"}""");

    /// <summary>How an SSE client is told what a WebSocket client reads from the close frame.</summary>
    public static ServerFrame Close(CloseCode code, string reason) => Create(
        "close",
        $$"""{"type":"close","code":{{(int)code}},"reason":"{{JsonEncodedText.Encode(reason)}}"}""");

    private static ServerFrame Create(string type, FormattableString json)
    {
        string text = json.ToString(CultureInfo.InvariantCulture);
        byte[] buffer = new byte[WebSocketHeader.MaxLength + Encoding.UTF8.GetByteCount(text)];
        Utf8.FromUtf16(text, buffer.AsSpan(WebSocketHeader.MaxLength), out _, out _);
        return new ServerFrame(type, buffer);
    }
}
