using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace PushNode.Tests.Push;

/// <summary>A WebSocket client that sends whatever bytes a test likes.</summary>
internal sealed class RawWebSocket : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly byte[] Mask = [0x12, 0x34, 0x56, 0x78];

    private readonly TcpClient tcp = new();
    private NetworkStream stream = null!;

    /// <param name="node">The node.</param>
    /// <param name="token">The user's.</param>
    /// <param name="query">What it asks for.</param>
    /// <param name="behindWebServer">Whether by a request that is not answered without the web server, which all unusual ones are left to.</param>
    public static async Task<RawWebSocket> ConnectAsync(Uri node, string token, string query = "", bool behindWebServer = false)
    {
        RawWebSocket socket = await OpenAsync(node);
        await socket.SendTextAsync(
            $"GET /push?{query} HTTP/1.1\r\nHost: {node.Authority}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            + $"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: pushnode.v1, bearer.{token}\r\n{(behindWebServer ? "TE: trailers\r\n" : "")}\r\n");
        string head = await socket.ReadHeadAsync();
        Assert.That(head, Does.StartWith("HTTP/1.1 101"));
        // The key and its answer are the example of RFC 6455 section 1.3.
        Assert.That(head, Does.Contain("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=").And.Contain("Sec-WebSocket-Protocol: pushnode.v1"));
        // Only the web server tells the time.
        Assert.That(head.Contains("Date:", StringComparison.Ordinal), Is.EqualTo(behindWebServer));
        return socket;
    }

    public static async Task<RawWebSocket> OpenAsync(Uri node)
    {
        var socket = new RawWebSocket();
        await socket.tcp.ConnectAsync(node.Host, node.Port);
        socket.stream = socket.tcp.GetStream();
        return socket;
    }

    /// <summary>A client's frame, masked.</summary>
    public static byte[] Frame(int firstByte, ReadOnlySpan<byte> payload)
    {
        var frame = new List<byte> { (byte)firstByte };
        if (payload.Length < 126)
        {
            frame.Add((byte)(0x80 | payload.Length));
        }
        else
        {
            Span<byte> length = stackalloc byte[2];
            BinaryPrimitives.WriteUInt16BigEndian(length, checked((ushort)payload.Length));
            frame.AddRange([0x80 | 126, .. length]);
        }

        frame.AddRange(Mask);
        for (int i = 0; i < payload.Length; i++)
            frame.Add((byte)(payload[i] ^ Mask[i % 4]));
        return [.. frame];
    }

    public static byte[] Text(string text) => Frame(0x81, Encoding.UTF8.GetBytes(text));

    public Task SendTextAsync(string text) => SendAsync(Encoding.ASCII.GetBytes(text));

    public async Task SendAsync(params byte[][] frames)
    {
        foreach (byte[] frame in frames)
            await stream.WriteAsync(frame);
    }

    /// <summary>The next frame; an empty one of opcode -1 at the end of the stream.</summary>
    public async Task<(int Opcode, byte[] Payload)> ReadFrameAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        byte[] header = new byte[2];
        if (await stream.ReadAtLeastAsync(header, 2, throwOnEndOfStream: false, patience.Token) < 2)
            return (-1, []);
        int length = header[1];
        if (length >= 126)
        {
            byte[] extended = new byte[length == 126 ? 2 : 8];
            await stream.ReadExactlyAsync(extended, patience.Token);
            length = length == 126 ? BinaryPrimitives.ReadUInt16BigEndian(extended) : (int)BinaryPrimitives.ReadUInt64BigEndian(extended);
        }

        byte[] payload = new byte[length];
        await stream.ReadExactlyAsync(payload, patience.Token);
        return (header[0] & 0x0F, payload);
    }

    /// <summary>The next text frame of a type, passing over others.</summary>
    public async Task<string> ReadUntilAsync(string type)
    {
        while (true)
        {
            (int opcode, byte[] payload) = await ReadFrameAsync();
            string text = Encoding.UTF8.GetString(payload);
            Assert.That(opcode, Is.Not.EqualTo(-1).And.Not.EqualTo(8), $"closed before {type}: {text}");
            if (opcode == 1 && text.StartsWith($$"""{"type":"{{type}}""", StringComparison.Ordinal))
                return text;
        }
    }

    /// <summary>The code and the reason of the close frame, passing over others.</summary>
    public async Task<(int Code, string Reason)> ReadCloseAsync()
    {
        while (true)
        {
            (int opcode, byte[] payload) = await ReadFrameAsync();
            Assert.That(opcode, Is.Not.EqualTo(-1), "the stream ended without a close frame");
            if (opcode == 8)
                return (BinaryPrimitives.ReadUInt16BigEndian(payload), Encoding.UTF8.GetString(payload.AsSpan(2)));
        }
    }

    /// <summary>The head of the HTTP answer.</summary>
    public async Task<string> ReadHeadAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        var head = new StringBuilder();
        byte[] one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(one, patience.Token) == 1)
            head.Append((char)one[0]);
        return head.ToString();
    }

    /// <summary>Whether the server ends the stream.</summary>
    public async Task<bool> EndsAsync()
    {
        try
        {
            while (true)
            {
                if ((await ReadFrameAsync()).Opcode == -1)
                    return true;
            }
        }
        catch (IOException)
        {
            return true;
        }
    }

    public ValueTask DisposeAsync()
    {
        tcp.Dispose();
        return ValueTask.CompletedTask;
    }
}
