using System.Security.Cryptography;
using System.Text;

namespace PushNode.Bench;

/// <summary>The client's side of the opening handshake (RFC 6455 section 4.1). All connections of a run show the same key: the node is trusted, not tested for this.</summary>
internal static class Handshake
{
    public static readonly string Key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));

    private static readonly byte[] Accept = Encoding.ASCII.GetBytes(AcceptOf(Key));

    /// <summary>Reads the answer; its length, 0 when it is not there as a whole yet, -1 when it is a refusal, which <paramref name="refusal"/> then explains.</summary>
    public static int Read(ReadOnlySpan<byte> bytes, out string? refusal)
    {
        refusal = null;
        if (bytes.StartsWith("HTTP/1.1 101"u8))
        {
            int length = bytes.IndexOf("\r\n\r\n"u8) + 4;
            if (length < 4)
                return 0;
            if (bytes[..length].IndexOf(Accept) >= 0)
                return length;
            refusal = "a wrong Sec-WebSocket-Accept";
            return -1;
        }

        var reader = new AnswerReader();
        if (!reader.Advance(bytes))
            refusal = "something that is no HTTP answer";
        else if (reader.IsDone)
            refusal = Refusals.Explain(reader.Status, Encoding.UTF8.GetString(reader.Body));
        return refusal is null ? 0 : -1;
    }

    public static string AcceptOf(string key)
    {
        // SHA-1 is what the RFC prescribes; it proves that the server speaks WebSocket, nothing else.
#pragma warning disable CA5350
        return Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
#pragma warning restore CA5350
    }
}
