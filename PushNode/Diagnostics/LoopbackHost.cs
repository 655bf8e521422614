using System.Net;

namespace PushNode.Diagnostics;

/// <summary>Names of this machine that nobody outside it can reach.</summary>
internal static class LoopbackHost
{
    /// <summary>Whether a host without its port is <c>localhost</c>, in 127.0.0.0/8 or <c>::1</c>.</summary>
    public static bool Is(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out IPAddress? address) && IPAddress.IsLoopback(address));
}
