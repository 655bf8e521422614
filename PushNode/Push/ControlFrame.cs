using System.Buffers.Binary;
using System.Text.Unicode;
using PushNode.Messages;

namespace PushNode.Push;

/// <summary>WebSocket control frames (RFC 6455 section 5.5).</summary>
internal static class ControlFrame
{
    private const int MaxPayload = 125;
    private const int CodeLength = sizeof(ushort);

    public static byte[] Ping(uint number)
    {
        Span<byte> payload = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(payload, number);
        return Create(Opcode.Ping, payload);
    }

    /// <summary>The answer to a ping: the same payload (section 5.5.3).</summary>
    public static byte[] Pong(in ClientFrame ping)
    {
        Span<byte> payload = stackalloc byte[MaxPayload];
        ping.CopyTo(payload);
        return Create(Opcode.Pong, payload[..ping.Length]);
    }

    /// <summary>A close frame; a reason that is too long for it is cut.</summary>
    public static byte[] Close(CloseCode code, string reason)
    {
        Span<byte> payload = stackalloc byte[MaxPayload];
        BinaryPrimitives.WriteUInt16BigEndian(payload, (ushort)code);
        Utf8.FromUtf16(reason, payload[CodeLength..], out _, out int written);
        return Create(Opcode.Close, payload[..(CodeLength + written)]);
    }

    /// <summary>The code to answer a client's close with: normal, or what was wrong with it (sections 5.5.1 and 7.4).</summary>
    public static CloseCode AnswerTo(in ClientFrame close, out string reason)
    {
        Span<byte> payload = stackalloc byte[MaxPayload];
        close.CopyTo(payload);
        payload = payload[..close.Length];
        if (payload.Length == 1 || (payload.Length >= CodeLength && !IsValidCode(BinaryPrimitives.ReadUInt16BigEndian(payload))))
        {
            reason = "the close frame has no valid code";
            return CloseCode.ProtocolError;
        }

        if (payload.Length > CodeLength && !Utf8.IsValid(payload[CodeLength..]))
        {
            reason = "the reason of the close frame is not valid UTF-8";
            return CloseCode.InvalidData;
        }

        reason = "";
        return CloseCode.Normal;
    }

    private static bool IsValidCode(int code) => code is (>= 1000 and <= 1003) or (>= 1007 and <= 1014) or (>= 3000 and <= 4999);

    private static byte[] Create(Opcode opcode, ReadOnlySpan<byte> payload)
    {
        byte[] frame = new byte[WebSocketHeader.LengthFor(payload.Length) + payload.Length];
        payload.CopyTo(frame.AsSpan(WebSocketHeader.Write(frame, (byte)opcode, payload.Length)));
        return frame;
    }
}
