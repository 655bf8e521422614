using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using PushNode.Diagnostics;
using PushNode.Peers;
using PushNode.Settings;

namespace PushNode.Hosting;

/// <summary>A node's place in its cluster.</summary>
/// <param name="Listen">The internal listener.</param>
/// <param name="Address">The <c>host:port</c> at which the others reach it.</param>
/// <param name="Secret">What the nodes show one another.</param>
/// <param name="Certificates">Those for an internal listener on https.</param>
internal sealed record ClusterNode(ListenAddress Listen, string Address, ClusterSecret Secret, PeerCertificates Certificates)
{
    private const string ListenKey = "Cluster:Listen";
    private const string AdvertiseKey = "Cluster:Advertise";
    private const string SecretKey = "Cluster:Secret";

    /// <exception cref="SettingsException">The settings do not make a node that others can reach.</exception>
    public static ClusterNode From(ClusterOptions options)
    {
        if (string.IsNullOrEmpty(options.Listen))
            throw new SettingsException(ListenKey, null, "is missing: with Redis:Connection the node is one of a cluster, and the others reach it by a listener of its own, such as http://10.0.0.5:8081, or http://*:8081 for every address");
        var listen = ListenAddress.Parse(ListenKey, options.Listen);
        if (listen.Port == 0)
            throw new SettingsException(ListenKey, options.Listen, "the port must be given, the others are told it");
        return new ClusterNode(listen, FindAddress(options, listen), FindSecret(options), ClusterCertificates.Load(options, listen.IsHttps));
    }

    /// <summary>Whether others on this machine only can reach it.</summary>
    public bool IsLoopback => IsLoopbackAddress(Address);

    private static string FindAddress(ClusterOptions options, ListenAddress listen)
    {
        if (!string.IsNullOrEmpty(options.Advertise))
            return Check(options.Advertise);
        IPAddress? host = listen.Address is null ? IPAddress.Loopback
            : listen.Address.Equals(IPAddress.IPv6Any) || listen.Address.Equals(IPAddress.Any) ? OwnAddresses().FirstOrDefault()
            : listen.Address;
        return host is null
            ? throw new SettingsException(AdvertiseKey, null, "is missing: this machine has no address but loopback; set it to the host:port at which the other nodes reach this one")
            : new IPEndPoint(host, listen.Port).ToString();
    }

    private static string Check(string address)
    {
        int colon = address.LastIndexOf(':');
        string host = colon < 0 ? address : address[..colon];
        bool isHost = host.StartsWith('[') ? Uri.CheckHostName(host.Trim('[', ']')) == UriHostNameType.IPv6 : Uri.CheckHostName(host) is UriHostNameType.Dns or UriHostNameType.IPv4;
        bool isPort = ushort.TryParse(address.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) && port > 0;
        if (colon < 0 || !isHost || !isPort)
            throw new SettingsException(AdvertiseKey, address, "it must be host:port, such as 10.0.0.5:8081, node-1.internal:8081 or [fd00::5]:8081");
        return !IPAddress.TryParse(host, out IPAddress? ip) || !(ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any))
            ? address.ToLowerInvariant()
            : throw new SettingsException(AdvertiseKey, address, "others cannot reach this: it stands for every address of a machine, name one of them");
    }

    private static ClusterSecret FindSecret(ClusterOptions options)
    {
        if (options is { Secret: not null, SecretFile: not null })
            throw new SettingsException(SecretKey, null, "and Cluster:SecretFile are both set: keep one of them");
        string? secret = options.SecretFile is { } file ? SecretFile.Read("Cluster:SecretFile", file) : options.Secret;
        if (string.IsNullOrEmpty(secret))
            throw new SettingsException(SecretKey, null, "is missing: the nodes of a cluster show it to one another; set it, or Cluster:SecretFile, to the same on every node (try: openssl rand -hex 24)");
        return SharedSecret.IsSecret(secret) ? new ClusterSecret(secret) : throw new SettingsException(SecretKey, null, $"must be {SharedSecret.Rule}");
    }

    private static bool IsLoopbackAddress(string address)
    {
        string host = address[..address.LastIndexOf(':')].Trim('[', ']');
        return LoopbackHost.Is(host);
    }

    // IPv4 before IPv6; what only the same cable understands is left out.
    private static IEnumerable<IPAddress> OwnAddresses() =>
        NetworkInterface.GetAllNetworkInterfaces()
            .Where(static i => i.OperationalStatus == OperationalStatus.Up && i.NetworkInterfaceType != NetworkInterfaceType.Loopback)
            .SelectMany(static i => i.GetIPProperties().UnicastAddresses)
            .Select(static a => a.Address)
            .Where(static a => a.AddressFamily is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6
                && !IPAddress.IsLoopback(a) && !a.IsIPv6LinkLocal && !(a.AddressFamily == AddressFamily.InterNetwork && a.GetAddressBytes() is [169, 254, ..]))
            .OrderBy(static a => a.AddressFamily == AddressFamily.InterNetworkV6);
}
