using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace PushNode.Transport;

/// <summary>The head of an answer (RFC 9112 section 4).</summary>
/// <param name="time">The clock.</param>
internal sealed class AnswerHead(TimeProvider time)
{
    /// <summary>The longest head, in bytes, but for its status and headers.</summary>
    public const int MaxLength = 256;

    private Moment now = new(0, []);

    /// <summary>Writes it; returns its length.</summary>
    /// <param name="target">At least <see cref="MaxLength"/> bytes and the lengths of status and headers.</param>
    /// <param name="status">A line of the form <c>202 Accepted</c>.</param>
    /// <param name="headers">Whole lines, each with its end.</param>
    /// <param name="bodyLength">Bytes that follow.</param>
    /// <param name="isLast">Whether the connection will be closed.</param>
    public int Write(Span<byte> target, ReadOnlySpan<byte> status, ReadOnlySpan<byte> headers, int bodyLength, bool isLast)
    {
        int length = Put(target, 0, "HTTP/1.1 "u8);
        length = Put(target, length, status);
        length = Put(target, length, "\r\nContent-Length: "u8);
        Utf8Formatter.TryFormat(bodyLength, target[length..], out int digits);
        length = Put(target, length + digits, "\r\n"u8);
        length = Put(target, length, headers);
        if (isLast)
            length = Put(target, length, "Connection: close\r\n"u8);
        length = Put(target, length, "Date: "u8);
        length = Put(target, length, Date());
        return Put(target, length, "\r\n\r\n"u8);
    }

    private static int Put(Span<byte> target, int length, ReadOnlySpan<byte> text)
    {
        text.CopyTo(target[length..]);
        return length + text.Length;
    }

    private byte[] Date()
    {
        Moment known = Volatile.Read(ref now);
        DateTimeOffset utc = time.GetUtcNow();
        long second = utc.Ticks / TimeSpan.TicksPerSecond;
        if (known.Second == second)
            return known.Text;
        known = new Moment(second, Encoding.ASCII.GetBytes(utc.ToString("R", CultureInfo.InvariantCulture)));
        Volatile.Write(ref now, known);
        return known.Text;
    }

    private sealed record Moment(long Second, byte[] Text);
}
