using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using PushNode.Peers;

namespace PushNode.Tests.Peers;

/// <summary>HTTP/2 (RFC 9113) written by hand, for requests that no client would make.</summary>
internal sealed class RawHttp2 : IDisposable
{
    private const byte Data = 0, Headers = 1, Reset = 3, Settings = 4;
    private const byte EndStream = 1, EndHeaders = 4;
    private const int FrameHeader = 9;

    private readonly TcpClient client = new();

    public static async Task<RawHttp2> ConnectAsync(Uri address)
    {
        var http = new RawHttp2();
        await http.client.ConnectAsync(IPAddress.Parse(address.Host), address.Port);
        await http.client.GetStream().WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        await http.WriteAsync(Settings, 0, 0, []);
        return http;
    }

    /// <summary>Posts a body that ends after <paramref name="body"/>, whatever length it told.</summary>
    public async Task PostAsync(string path, long contentLength, byte[] body)
    {
        var block = new List<byte>();
        foreach ((string name, string value) in (ReadOnlySpan<(string, string)>)
            [
                (":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "node"), ("content-length", $"{contentLength}"),
                (PeerProtocol.VersionHeader, PeerProtocol.Version), (PeerProtocol.SecretHeader, PeerHost.Secret), (PeerProtocol.FromHeader, "raw:1"),
            ])
        {
            // HPACK (RFC 7541 section 6.2.2): a literal, not indexed, in plain text.
            block.Add(0);
            block.Add((byte)name.Length);
            block.AddRange(Encoding.ASCII.GetBytes(name));
            block.Add((byte)value.Length);
            block.AddRange(Encoding.ASCII.GetBytes(value));
        }

        await WriteAsync(Headers, EndHeaders, 1, [.. block]);
        await WriteAsync(Data, EndStream, 1, body);
    }

    /// <summary>Reads until the stream of the request has ended: true when it was reset, false when it was answered to the end.</summary>
    public async Task<bool> IsResetAsync()
    {
        byte[] header = new byte[FrameHeader];
        while (true)
        {
            await client.GetStream().ReadExactlyAsync(header);
            await client.GetStream().ReadExactlyAsync(new byte[(header[0] << 16) | (header[1] << 8) | header[2]]);
            if (header[3] == Reset)
                return true;
            if (header[3] is Data or Headers && (header[4] & EndStream) != 0)
                return false;
        }
    }

    public void Dispose() => client.Dispose();

    private async Task WriteAsync(byte type, byte flags, int stream, byte[] payload)
    {
        byte[] frame = new byte[FrameHeader + payload.Length];
        frame[0] = (byte)(payload.Length >> 16);
        frame[1] = (byte)(payload.Length >> 8);
        frame[2] = (byte)payload.Length;
        frame[3] = type;
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, FrameHeader);
        await client.GetStream().WriteAsync(frame);
    }
}
