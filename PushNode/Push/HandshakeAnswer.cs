using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace PushNode.Push;

/// <summary>The answer to a handshake that goes well (RFC 6455 section 4.2.2).</summary>
internal static class HandshakeAnswer
{
    private static readonly byte[] Head = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: "u8.ToArray();
    private static readonly byte[] WithOurs = "\r\nSec-WebSocket-Protocol: pushnode.v1\r\n\r\n"u8.ToArray();
    private static readonly byte[] Without = "\r\n\r\n"u8.ToArray();

    /// <summary>What a key is answered with: 28 characters.</summary>
    [SuppressMessage("Security", "CA5350", Justification = "RFC 6455 section 4.2.2 asks for SHA-1; it protects nothing.")]
    public static void WriteAccept(ReadOnlySpan<byte> key, Span<byte> target)
    {
        ReadOnlySpan<byte> constant = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"u8;
        Span<byte> text = stackalloc byte[key.Length + constant.Length];
        key.CopyTo(text);
        constant.CopyTo(text[key.Length..]);
        Span<byte> hash = stackalloc byte[SHA1.HashSizeInBytes];
        SHA1.HashData(text, hash);
        Base64.EncodeToUtf8(hash, target, out _, out _);
    }

    /// <summary>The whole answer.</summary>
    /// <param name="key">The request's.</param>
    /// <param name="withOurs">Whether the subprotocol is agreed on.</param>
    public static byte[] Write(ReadOnlySpan<byte> key, bool withOurs)
    {
        byte[] end = withOurs ? WithOurs : Without;
        byte[] answer = new byte[Head.Length + AcceptLength + end.Length];
        Head.CopyTo(answer, 0);
        WriteAccept(key, answer.AsSpan(Head.Length, AcceptLength));
        end.CopyTo(answer, Head.Length + AcceptLength);
        return answer;
    }

    /// <summary>Characters of what a key is answered with.</summary>
    public const int AcceptLength = 28;
}
