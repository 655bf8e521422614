using System.Buffers.Text;

namespace PushNode.Transport;

/// <summary>A request that brings a body of known length, all of it, as nearly all programs send it; any other is left to the web server (<see cref="RequestHead"/>).</summary>
internal readonly ref struct PostRequest
{
    /// <summary>Digits of a length, with zeros in front where somebody writes it before it is known.</summary>
    private const int MaxDigits = 10;

    /// <summary>Its bytes, head and body; what follows is the next request.</summary>
    public int Length { get; private init; }

    public ReadOnlySpan<byte> Path { get; private init; }

    /// <summary>With its question mark, as it came; empty when there is none.</summary>
    public ReadOnlySpan<byte> Query { get; private init; }

    /// <summary>Without the port.</summary>
    public ReadOnlySpan<byte> Host { get; private init; }

    /// <summary>Empty when there is none.</summary>
    public ReadOnlySpan<byte> ContentType { get; private init; }

    /// <summary>Empty when there is none.</summary>
    public ReadOnlySpan<byte> Authorization { get; private init; }

    /// <summary>Empty when there is none.</summary>
    public ReadOnlySpan<byte> ApiKey { get; private init; }

    public ReadOnlySpan<byte> Body { get; private init; }

    /// <summary>Reads what a client has sent; false when it is something else, or not all of it is there.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out PostRequest request)
    {
        request = default;
        if (!RequestHead.TryRead(bytes, "POST "u8, out RequestHead head))
            return false;
        ReadOnlySpan<byte> type = default, authorization = default, key = default, length = default;
        while (head.TryNext(out HeaderName name, out ReadOnlySpan<byte> value))
        {
            bool isWell = name switch
            {
                HeaderName.ContentLength => RequestHead.Once(ref length, value),
                HeaderName.ContentType => RequestHead.Once(ref type, value),
                HeaderName.Authorization => RequestHead.Once(ref authorization, value),
                HeaderName.ApiKey => RequestHead.Once(ref key, value),
                HeaderName.Connection => RequestHead.Is(value, "keep-alive"u8),
                _ => false,
            };
            if (!isWell)
                return false;
        }

        if (!head.IsWell || !TryReadLength(length, out int body) || body > bytes.Length - head.Length)
            return false;
        request = new PostRequest
        {
            Length = head.Length + body,
            Path = head.Path,
            Query = head.Query,
            Host = head.Host,
            ContentType = type,
            Authorization = authorization,
            ApiKey = key,
            Body = bytes.Slice(head.Length, body),
        };
        return true;
    }

    private static bool TryReadLength(ReadOnlySpan<byte> digits, out int length)
    {
        length = 0;
        return digits.Length is > 0 and <= MaxDigits
            && !digits.ContainsAnyExceptInRange((byte)'0', (byte)'9')
            && Utf8Parser.TryParse(digits, out length, out int read)
            && read == digits.Length;
    }
}
