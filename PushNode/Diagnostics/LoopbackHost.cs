using System.Net;
using System.Text;

namespace PushNode.Diagnostics;

/// <summary>Names of this machine that nobody outside it can reach.</summary>
internal static class LoopbackHost
{
    /// <summary>Whether a host without its port is <c>localhost</c>, in 127.0.0.0/8 or <c>::1</c>.</summary>
    public static bool Is(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out IPAddress? address) && IPAddress.IsLoopback(address));

    /// <inheritdoc cref="Is(string)"/>
    public static bool Is(ReadOnlySpan<byte> host) => host.SequenceEqual("127.0.0.1"u8) || host.SequenceEqual("localhost"u8) || Is(Encoding.ASCII.GetString(host));
}
