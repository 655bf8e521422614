using System.Buffers;
using System.Buffers.Text;

namespace PushNode.Transport;

/// <summary>
/// A request for a WebSocket (RFC 6455 section 4.1) as nearly all clients send it. The reading is strict: whatever is unusual, or not all there, is not read, and left
/// to the web server. What is read here, the web server would have read with the same meaning.
/// </summary>
internal readonly ref struct UpgradeRequest
{
    /// <summary>The longest head that is read, in bytes; each limit of the web server is above it.</summary>
    public const int MaxLength = 16 * 1024 - 1;

    private const int MaxHeaders = 64;
    private const int KeyLength = 24;
    private const int KeyBytes = 16;

    private static readonly SearchValues<byte> TokenBytes =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private static readonly SearchValues<byte> TargetBytes =
        SearchValues.Create("-._~:@!$&'()*+,;=/?%0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    private static readonly SearchValues<byte> HostBytes = SearchValues.Create("-._0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);
    private static readonly SearchValues<byte> AddressBytes = SearchValues.Create(":.0123456789ABCDEFabcdef"u8);

    private UpgradeRequest(ReadOnlySpan<byte> path, ReadOnlySpan<byte> query, int length)
    {
        Path = path;
        Query = query;
        Length = length;
    }

    /// <summary>Its bytes; what follows are frames.</summary>
    public int Length { get; }

    public ReadOnlySpan<byte> Path { get; }

    /// <summary>With its question mark, as it came; empty when there is none.</summary>
    public ReadOnlySpan<byte> Query { get; }

    /// <summary>Without the port.</summary>
    public ReadOnlySpan<byte> Host { get; private init; }

    /// <summary>16 bytes in base64.</summary>
    public ReadOnlySpan<byte> Key { get; private init; }

    /// <summary>Separated by commas; empty when none is offered.</summary>
    public ReadOnlySpan<byte> Protocols { get; private init; }

    /// <summary>Empty when there is none.</summary>
    public ReadOnlySpan<byte> Authorization { get; private init; }

    /// <summary>Empty when there is none.</summary>
    public ReadOnlySpan<byte> Origin { get; private init; }

    /// <summary>Reads what a client has sent first; false when it is something else, or not all of it is there.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out UpgradeRequest request)
    {
        request = default;
        int end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0 || end + 4 > MaxLength || !TryReadTarget(bytes, out ReadOnlySpan<byte> path, out ReadOnlySpan<byte> query, out int line))
            return false;
        ReadOnlySpan<byte> headers = bytes[line..(end + 2)];
        ReadOnlySpan<byte> host = default, key = default, protocols = default, authorization = default, origin = default;
        bool upgrades = false, connects = false, version = false;
        for (int count = 0; !headers.IsEmpty; count++)
        {
            int length = headers.IndexOf("\r\n"u8);
            ReadOnlySpan<byte> header = headers[..length];
            headers = headers[(length + 2)..];
            int colon = header.IndexOf((byte)':');
            if (count == MaxHeaders || colon <= 0 || header.ContainsAnyExceptInRange((byte)' ', (byte)'~') || header[..colon].ContainsAnyExcept(TokenBytes))
                return false;
            ReadOnlySpan<byte> value = header[(colon + 1)..].Trim((byte)' ');
            bool isWell = Classify(header[..colon]) switch
            {
                Header.Host => Once(ref host, value) && TryCutPort(ref host),
                Header.Key => Once(ref key, value) && value.Length == KeyLength && Base64.IsValid(value, out int decoded) && decoded == KeyBytes,
                Header.Protocol => Once(ref protocols, value) && !value.Contains((byte)'"'),
                Header.Authorization => Once(ref authorization, value),
                Header.Origin => Once(ref origin, value),
                Header.Upgrade => Once(ref upgrades) && Is(value, "websocket"u8),
                Header.Connection => Once(ref connects) && IsUpgrade(value),
                Header.Version => Once(ref version) && value.SequenceEqual("13"u8),
                Header.Unusual => false,
                _ => true,
            };
            if (!isWell)
                return false;
        }

        request = new UpgradeRequest(path, query, end + 4) { Host = host, Key = key, Protocols = protocols, Authorization = authorization, Origin = origin };
        return upgrades && connects && version && !host.IsEmpty && !key.IsEmpty;
    }

    private static bool TryReadTarget(ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> path, out ReadOnlySpan<byte> query, out int length)
    {
        path = query = default;
        length = bytes.IndexOf("\r\n"u8) + 2;
        ReadOnlySpan<byte> line = bytes[..(length - 2)];
        if (!line.StartsWith("GET /"u8) || !line.EndsWith(" HTTP/1.1"u8) || line.Length < "GET / HTTP/1.1".Length)
            return false;
        ReadOnlySpan<byte> target = line["GET ".Length..^" HTTP/1.1".Length];
        if (target.ContainsAnyExcept(TargetBytes))
            return false;
        int question = target.IndexOf((byte)'?');
        path = question < 0 ? target : target[..question];
        query = question < 0 ? default : target[question..];
        return true;
    }

    private static Header Classify(ReadOnlySpan<byte> name) => name.Length switch
    {
        2 when Is(name, "TE"u8) => Header.Unusual,
        4 when Is(name, "Host"u8) => Header.Host,
        6 when Is(name, "Origin"u8) => Header.Origin,
        6 when Is(name, "Expect"u8) => Header.Unusual,
        7 when Is(name, "Upgrade"u8) => Header.Upgrade,
        7 when Is(name, "Trailer"u8) => Header.Unusual,
        10 when Is(name, "Connection"u8) => Header.Connection,
        13 when Is(name, "Authorization"u8) => Header.Authorization,
        14 when Is(name, "Content-Length"u8) => Header.Unusual,
        17 when Is(name, "Sec-WebSocket-Key"u8) => Header.Key,
        17 when Is(name, "Transfer-Encoding"u8) => Header.Unusual,
        21 when Is(name, "Sec-WebSocket-Version"u8) => Header.Version,
        22 when Is(name, "Sec-WebSocket-Protocol"u8) => Header.Protocol,
        _ => Header.Other,
    };

    private static bool Is(ReadOnlySpan<byte> text, ReadOnlySpan<byte> expected) => System.Text.Ascii.EqualsIgnoreCase(text, expected);

    // One that is there twice, or empty, has no meaning that all agree on.
    private static bool Once(ref ReadOnlySpan<byte> seen, ReadOnlySpan<byte> value)
    {
        if (!seen.IsEmpty || value.IsEmpty)
            return false;
        seen = value;
        return true;
    }

    private static bool Once(ref bool seen)
    {
        bool first = !seen;
        seen = true;
        return first;
    }

    // Firefox says keep-alive too.
    private static bool IsUpgrade(ReadOnlySpan<byte> value)
    {
        bool upgrades = false;
        foreach (Range range in value.Split((byte)','))
        {
            ReadOnlySpan<byte> option = value[range].Trim((byte)' ');
            if (Is(option, "upgrade"u8))
                upgrades = true;
            else if (!Is(option, "keep-alive"u8))
                return false;
        }

        return upgrades;
    }

    private static bool TryCutPort(ref ReadOnlySpan<byte> host)
    {
        int end = host[0] == '[' ? host.IndexOf((byte)']') + 1 : host.IndexOf((byte)':');
        ReadOnlySpan<byte> port = end <= 0 ? default : host[end..];
        if (end > 0)
            host = host[..end];
        bool isWell = host.IsEmpty || host[0] != '[' ? !host.ContainsAnyExcept(HostBytes) : end > 2 && !host[1..^1].ContainsAnyExcept(AddressBytes);
        return isWell && (port.IsEmpty || (port.Length is > 1 and <= 6 && port[0] == ':' && !port[1..].ContainsAnyExceptInRange((byte)'0', (byte)'9')));
    }

    private enum Header
    {
        Other,
        Host,
        Key,
        Protocol,
        Authorization,
        Origin,
        Upgrade,
        Connection,
        Version,
        Unusual,
    }
}
