using System.Globalization;
using System.Net;
using System.Net.Sockets;
using PushNode.Settings;

namespace PushNode.Hosting;

/// <summary>One address that a node listens on.</summary>
/// <param name="Address">Null for <c>localhost</c>: loopback over IPv4 and IPv6.</param>
/// <param name="Port">0 for any free one.</param>
/// <param name="IsHttps">Whether it speaks TLS.</param>
internal sealed record ListenAddress(IPAddress? Address, int Port, bool IsHttps)
{
    private const string Form = "an address has the form http://127.0.0.1:8080, with http or https, an IP address, localhost or * (every address), and a port";

    public bool IsLoopback => Address is null || IPAddress.IsLoopback(Address);

    private IPAddress[] Addresses => Address is null ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : [Address];

    private string Scheme => IsHttps ? "https" : "http";

    /// <summary>Takes a list apart: addresses separated by commas or semicolons.</summary>
    /// <exception cref="SettingsException">No address, or one that is none.</exception>
    public static IReadOnlyList<ListenAddress> ParseList(string text)
    {
        const string key = nameof(NodeOptions.Urls);
        string[] urls = text.Split([',', ';'], StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return urls.Length > 0 ? [.. urls.Select(url => Parse(key, url)).Distinct()] : throw new SettingsException(key, text, Form);
    }

    /// <summary>Takes one address apart.</summary>
    /// <param name="key">The setting it comes from.</param>
    /// <param name="url">Its value.</param>
    /// <exception cref="SettingsException">It is none.</exception>
    public static ListenAddress Parse(string key, string url)
    {
        int scheme = url.IndexOf("://", StringComparison.Ordinal);
        bool isHttps = scheme == 5 && url.StartsWith("https", StringComparison.OrdinalIgnoreCase);
        if (!isHttps && !(scheme == 4 && url.StartsWith("http", StringComparison.OrdinalIgnoreCase)))
            throw new SettingsException(key, url, Form);

        string authority = url[(scheme + 3)..].TrimEnd('/');
        int colon = authority.EndsWith(']') ? -1 : authority.LastIndexOf(':');
        string host = colon < 0 ? authority : authority[..colon];
        return new ListenAddress(ParseHost(key, url, host), colon < 0 ? (isHttps ? 443 : 80) : ParsePort(key, url, authority[(colon + 1)..]), isHttps);
    }

    /// <summary>Whether the two cannot be listened on at the same time: they have a port in common, and an address.</summary>
    public bool Overlaps(ListenAddress other) =>
        Port == other.Port && Port != 0
        && Addresses.Any(mine => other.Addresses.Any(its => mine.Equals(its)
            || mine.Equals(IPAddress.IPv6Any) || its.Equals(IPAddress.IPv6Any)
            || (mine.AddressFamily == AddressFamily.InterNetwork && its.AddressFamily == AddressFamily.InterNetwork && (mine.Equals(IPAddress.Any) || its.Equals(IPAddress.Any)))));

    /// <summary>Whether the endpoint is one that is listened on for this address.</summary>
    public bool Covers(IPEndPoint endpoint) =>
        Port == endpoint.Port && (Addresses.Contains(endpoint.Address) || (Address is not null && Address.Equals(IPAddress.IPv6Any) && endpoint.Address.Equals(IPAddress.Any)));

    public override string ToString()
    {
        string host = Address switch
        {
            null => "localhost",
            _ when Address.Equals(IPAddress.IPv6Any) => "*",
            { AddressFamily: AddressFamily.InterNetworkV6 } => $"[{Address}]",
            _ => Address.ToString(),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{Scheme}://{host}:{Port}");
    }

    private static int ParsePort(string key, string url, string text) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out ushort port)
            ? port
            : throw new SettingsException(key, url, $"'{text}' is no port: it must be a number from 0 (any free one) to 65535");

    // Kestrel takes a host name to mean every address of the machine, which is not what it says: only what is bound literally is taken.
    private static IPAddress? ParseHost(string key, string url, string host)
    {
        if (host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            return null;
        if (host is "*" or "+")
            return IPAddress.IPv6Any;
        bool isIpv6 = host.StartsWith('[') && host.EndsWith(']');
        if (IPAddress.TryParse(isIpv6 ? host[1..^1] : host, out IPAddress? address)
            && (isIpv6 ? address.AddressFamily == AddressFamily.InterNetworkV6 : address.ToString() == host))
        {
            return address;
        }

        throw new SettingsException(key, url, Form);
    }
}
