using System.Buffers.Text;

namespace PushNode.Transport;

/// <summary>A request for a WebSocket (RFC 6455 section 4.1) as nearly all clients send it; any other is left to the web server (<see cref="RequestHead"/>).</summary>
internal readonly ref struct UpgradeRequest
{
    private const int KeyLength = 24;
    private const int KeyBytes = 16;

    /// <summary>Its bytes; what follows are frames.</summary>
    public int Length { get; private init; }

    public ReadOnlySpan<byte> Path { get; private init; }

    /// <summary>With its question mark, as it came; empty when there is none.</summary>
    public ReadOnlySpan<byte> Query { get; private init; }

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
        if (!RequestHead.TryRead(bytes, "GET "u8, out RequestHead head))
            return false;
        ReadOnlySpan<byte> key = default, protocols = default, authorization = default, origin = default;
        bool upgrades = false, connects = false, version = false;
        while (head.TryNext(out HeaderName name, out ReadOnlySpan<byte> value))
        {
            bool isWell = name switch
            {
                HeaderName.Key => RequestHead.Once(ref key, value) && value.Length == KeyLength && Base64.IsValid(value, out int decoded) && decoded == KeyBytes,
                HeaderName.Protocol => RequestHead.Once(ref protocols, value) && !value.Contains((byte)'"'),
                HeaderName.Authorization => RequestHead.Once(ref authorization, value),
                HeaderName.Origin => RequestHead.Once(ref origin, value),
                HeaderName.Upgrade => Once(ref upgrades) && RequestHead.Is(value, "websocket"u8),
                HeaderName.Connection => Once(ref connects) && IsUpgrade(value),
                HeaderName.Version => Once(ref version) && value.SequenceEqual("13"u8),
                HeaderName.ContentLength => false,
                _ => true,
            };
            if (!isWell)
                return false;
        }

        request = new UpgradeRequest
        {
            Length = head.Length,
            Path = head.Path,
            Query = head.Query,
            Host = head.Host,
            Key = key,
            Protocols = protocols,
            Authorization = authorization,
            Origin = origin,
        };
        return head.IsWell && upgrades && connects && version && !key.IsEmpty;
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
            if (RequestHead.Is(option, "upgrade"u8))
                upgrades = true;
            else if (!RequestHead.Is(option, "keep-alive"u8))
                return false;
        }

        return upgrades;
    }
}
