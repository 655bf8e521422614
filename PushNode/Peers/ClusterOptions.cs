using PushNode.Settings;

namespace PushNode.Peers;

/// <summary>How this node and the others reach each other (section <c>Cluster</c>). Without <see cref="Listen"/> it is alone.</summary>
internal sealed class ClusterOptions : ISettings
{
    public static string Section => "Cluster";

    /// <summary>The internal listener: <c>http://10.0.0.5:8081</c>, or <c>http://*:8081</c> for every address; <c>https</c> with a certificate.</summary>
    public string? Listen { get; set; }

    /// <summary>The <c>host:port</c> at which the other nodes reach the internal listener; found from <see cref="Listen"/> when it is left out.</summary>
    public string? Advertise { get; set; }

    /// <summary>What every node of the cluster shows the others; at least 16 bytes.</summary>
    public string? Secret { get; set; }

    /// <summary>A file that holds the secret.</summary>
    public string? SecretFile { get; set; }

    /// <summary>A PEM file with this node's certificate for the others, followed by those of its issuers; needed when it listens on https.</summary>
    public string? CertificateFile { get; set; }

    /// <summary>A PEM file with the certificate's private key; left out when the key stands in <see cref="CertificateFile"/>.</summary>
    public string? KeyFile { get; set; }

    /// <summary>
    /// A PEM file with the cluster's own certificate authority. With it TLS is mutual: every node must show a certificate of that authority, whatever name
    /// it bears. Without it, nodes check one another's certificates by name, against the authorities of the system.
    /// </summary>
    public string? CaFile { get; set; }

    /// <summary>How long another node may take to answer: 100 ms to 1 min.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>What may wait for one node that is slow or away, or for any that dispatches, in messages: 100 to 10,000,000. More are left to the store.</summary>
    public int MaxQueuedMessages { get; set; } = 50_000;

    /// <summary>What may wait for one node that is slow or away, in bytes: 64 KiB to 4 GiB. More is left to the store.</summary>
    public long MaxQueuedBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>How long a message may wait for a node that is away: 100 ms to 10 min. Then it is left to the store, an ephemeral one dropped.</summary>
    public TimeSpan MaxQueuedTime { get; set; } = TimeSpan.FromSeconds(10);

    public IEnumerable<SettingError> Check() =>
    [
        .. SettingError.Range($"{Section}:{nameof(Timeout)}", Timeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)),
        .. SettingError.Range($"{Section}:{nameof(MaxQueuedMessages)}", MaxQueuedMessages, 100, 10_000_000),
        .. SettingError.Range($"{Section}:{nameof(MaxQueuedBytes)}", MaxQueuedBytes, 64 * 1024, 4L * 1024 * 1024 * 1024),
        .. SettingError.Range($"{Section}:{nameof(MaxQueuedTime)}", MaxQueuedTime, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10)),
    ];
}
