using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace PushNode.Tests.Collect;

/// <summary>An HTTP/1.1 connection by hand: sends a body in pieces and reads the answer meanwhile, which HttpClient does not do.</summary>
internal sealed class RawHttp : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] buffer = new byte[4096];
    private NetworkStream? stream;
    private int position;
    private int length;
    private long left;

    public static async Task<RawHttp> ConnectAsync(int port, int? receiveBuffer = null)
    {
        var http = new RawHttp();
        if (receiveBuffer is { } bytes)
            http.socket.ReceiveBufferSize = bytes;
        await http.socket.ConnectAsync(IPAddress.Loopback, port);
        http.stream = new NetworkStream(http.socket);
        return http;
    }

    /// <summary>Sends the head of a chunked POST.</summary>
    public Task StartAsync(string path, string headers = "") =>
        SendAsync($"POST {path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n{headers}\r\n");

    public Task SendAsync(string bytes) => SendAsync(Encoding.UTF8.GetBytes(bytes));

    public async Task SendAsync(ReadOnlyMemory<byte> bytes) => await stream!.WriteAsync(bytes).AsTask().WaitAsync(Patience);

    public Task SendChunkAsync(string text) => SendAsync($"{Encoding.UTF8.GetByteCount(text):x}\r\n{text}\r\n");

    public Task EndAsync() => SendAsync("0\r\n\r\n");

    /// <summary>The status line and headers.</summary>
    public async Task<string> ReadHeadAsync()
    {
        var head = new StringBuilder();
        while (await ReadRawLineAsync() is { Length: > 0 } line)
            head.AppendLine(line);
        return head.ToString();
    }

    /// <summary>All that comes until the server closes, as it is.</summary>
    public async Task<string> ReadRestAsync()
    {
        var rest = new StringBuilder();
        try
        {
            while (true)
                rest.Append((char)await ReadByteAsync());
        }
        catch (EndOfStreamException)
        {
            return rest.ToString();
        }
    }

    /// <summary>A line of a chunked answer's body; null at its end.</summary>
    public async Task<string?> ReadLineAsync()
    {
        var line = new MemoryStream();
        while (true)
        {
            if (left == 0)
            {
                left = long.Parse(await ReadRawLineAsync(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
                if (left == 0)
                {
                    await ReadRawLineAsync();
                    return line.Length == 0 ? null : throw new InvalidDataException("half a line");
                }
            }

            byte next = await ReadByteAsync();
            if (--left == 0)
                await ReadRawLineAsync();
            if (next == '\n')
                return Encoding.UTF8.GetString(line.ToArray());
            line.WriteByte(next);
        }
    }

    /// <summary>Passes over this many bytes of a body.</summary>
    public async Task SkipAsync(int bytes)
    {
        for (int i = 0; i < bytes; i++)
            await ReadByteAsync();
    }

    /// <summary>Goes away without a word.</summary>
    public void Reset()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
    }

    public void Dispose() => socket.Dispose();

    private async Task<string> ReadRawLineAsync()
    {
        var line = new StringBuilder();
        while (true)
        {
            char next = (char)await ReadByteAsync();
            if (next == '\n')
                return line.ToString().TrimEnd('\r');
            line.Append(next);
        }
    }

    private async ValueTask<byte> ReadByteAsync()
    {
        if (position == length)
        {
            (position, length) = (0, await stream!.ReadAsync(buffer).AsTask().WaitAsync(Patience));
            if (length == 0)
                throw new EndOfStreamException();
        }

        return buffer[position++];
    }
}
