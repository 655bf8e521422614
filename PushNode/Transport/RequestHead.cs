using System.Buffers;

namespace PushNode.Transport;

/// <summary>
/// The head of a request as nearly all clients send it (RFC 9112), read strictly: whatever is unusual, or not all there, is not read, and left to the web server. What
/// is read here, the web server would have read with the same meaning.
/// </summary>
internal ref struct RequestHead
{
    /// <summary>The longest head that is read, in bytes; each limit of the web server is above it.</summary>
    public const int MaxLength = 16 * 1024 - 1;

    private const int MaxHeaders = 64;

    private static readonly SearchValues<byte> TokenBytes =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private static readonly SearchValues<byte> TargetBytes =
        SearchValues.Create("-._~:@!$&'()*+,;=/?%0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private static readonly SearchValues<byte> HostBytes = SearchValues.Create("-._0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);
    private static readonly SearchValues<byte> AddressBytes = SearchValues.Create(":.0123456789ABCDEFabcdef"u8);

    private ReadOnlySpan<byte> headers;
    private ReadOnlySpan<byte> host;
    private int count;
    private bool isUnusual;

    /// <summary>Its bytes; what follows is the body, or whatever the request has asked for.</summary>
    public int Length { get; private init; }

    public ReadOnlySpan<byte> Path { get; private init; }

    /// <summary>With its question mark, as it came; empty when there is none.</summary>
    public ReadOnlySpan<byte> Query { get; private init; }

    /// <summary>Without the port. Known when all headers have been read.</summary>
    public readonly ReadOnlySpan<byte> Host => host;

    /// <summary>Whether all headers have been read, none is unusual, and the host is among them.</summary>
    public readonly bool IsWell => !isUnusual && headers.IsEmpty && !host.IsEmpty;

    /// <summary>Reads the request line; false when it is of another method, or not all of the head is there.</summary>
    /// <param name="bytes">What a client has sent.</param>
    /// <param name="method">With the space behind it.</param>
    /// <param name="head">Its headers are still to be read, by <see cref="TryNext"/>.</param>
    public static bool TryRead(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> method, out RequestHead head)
    {
        head = default;
        if (!bytes.StartsWith(method))
            return false;
        int end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0 || end + 4 > MaxLength)
            return false;
        int lineEnd = bytes.IndexOf("\r\n"u8);
        ReadOnlySpan<byte> line = bytes[..lineEnd];
        if (!line.EndsWith(" HTTP/1.1"u8) || line.Length < method.Length + "/ HTTP/1.1".Length)
            return false;
        ReadOnlySpan<byte> target = line[method.Length..^" HTTP/1.1".Length];
        if (target[0] != '/' || target.ContainsAnyExcept(TargetBytes))
            return false;
        int question = target.IndexOf((byte)'?');
        head = new RequestHead
        {
            Length = end + 4,
            Path = question < 0 ? target : target[..question],
            Query = question < 0 ? default : target[question..],
            headers = bytes[(lineEnd + 2)..(end + 2)],
        };
        return true;
    }

    /// <summary>The next header that has a name of its own in <see cref="HeaderName"/>; false when there is none left, or one is unusual.</summary>
    /// <param name="name">Which.</param>
    /// <param name="value">Printable ASCII, without spaces around it.</param>
    public bool TryNext(out HeaderName name, out ReadOnlySpan<byte> value)
    {
        name = HeaderName.Other;
        value = default;
        while (!headers.IsEmpty)
        {
            int length = headers.IndexOf("\r\n"u8);
            ReadOnlySpan<byte> header = headers[..length];
            headers = headers[(length + 2)..];
            int colon = header.IndexOf((byte)':');
            if (++count > MaxHeaders || colon <= 0 || header.ContainsAnyExceptInRange((byte)' ', (byte)'~') || header[..colon].ContainsAnyExcept(TokenBytes))
                return IsRefused();
            name = Classify(header[..colon]);
            if (name == HeaderName.Other)
                continue;
            ReadOnlySpan<byte> text = header[(colon + 1)..].Trim((byte)' ');
            if (name == HeaderName.Host)
            {
                if (!Once(ref host, text) || !TryCutPort(ref host))
                    return IsRefused();
                continue;
            }

            value = text;
            return name != HeaderName.Unusual || IsRefused();
        }

        return false;
    }

    /// <summary>Notes a value; false for one that is there twice, or empty, and so has no meaning that all agree on.</summary>
    public static bool Once(ref ReadOnlySpan<byte> seen, ReadOnlySpan<byte> value)
    {
        if (!seen.IsEmpty || value.IsEmpty)
            return false;
        seen = value;
        return true;
    }

    /// <summary>Whether a text is the expected one, in whatever case.</summary>
    public static bool Is(ReadOnlySpan<byte> text, ReadOnlySpan<byte> expected) => System.Text.Ascii.EqualsIgnoreCase(text, expected);

    private bool IsRefused()
    {
        isUnusual = true;
        return false;
    }

    private static HeaderName Classify(ReadOnlySpan<byte> name) => name.Length switch
    {
        2 when Is(name, "TE"u8) => HeaderName.Unusual,
        4 when Is(name, "Host"u8) => HeaderName.Host,
        6 when Is(name, "Origin"u8) => HeaderName.Origin,
        6 when Is(name, "Expect"u8) => HeaderName.Unusual,
        7 when Is(name, "Upgrade"u8) => HeaderName.Upgrade,
        7 when Is(name, "Trailer"u8) => HeaderName.Unusual,
        9 when Is(name, "X-Api-Key"u8) => HeaderName.ApiKey,
        10 when Is(name, "Connection"u8) => HeaderName.Connection,
        12 when Is(name, "Content-Type"u8) => HeaderName.ContentType,
        13 when Is(name, "Authorization"u8) => HeaderName.Authorization,
        14 when Is(name, "Content-Length"u8) => HeaderName.ContentLength,
        16 when Is(name, "Content-Encoding"u8) => HeaderName.ContentEncoding,
        17 when Is(name, "Sec-WebSocket-Key"u8) => HeaderName.Key,
        17 when Is(name, "Transfer-Encoding"u8) => HeaderName.Unusual,
        21 when Is(name, "Sec-WebSocket-Version"u8) => HeaderName.Version,
        22 when Is(name, "Sec-WebSocket-Protocol"u8) => HeaderName.Protocol,
        _ => HeaderName.Other,
    };

    private static bool TryCutPort(ref ReadOnlySpan<byte> host)
    {
        int end = host[0] == '[' ? host.IndexOf((byte)']') + 1 : host.IndexOf((byte)':');
        ReadOnlySpan<byte> port = end <= 0 ? default : host[end..];
        if (end > 0)
            host = host[..end];
        bool isWell = host.IsEmpty || host[0] != '[' ? !host.ContainsAnyExcept(HostBytes) : end > 2 && !host[1..^1].ContainsAnyExcept(AddressBytes);
        return isWell && (port.IsEmpty || (port.Length is > 1 and <= 6 && port[0] == ':' && !port[1..].ContainsAnyExceptInRange((byte)'0', (byte)'9')));
    }
}
