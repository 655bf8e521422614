using PushNode.Settings;

namespace PushNode.Cluster.Redis;

/// <summary>The Redis by which the nodes of a cluster find each other and their routes (section <c>Redis</c>). Without it the node is alone.</summary>
internal sealed class RedisOptions : ISettings
{
    private const int MaxPrefix = 64;

    public static string Section => "Redis";

    /// <summary>
    /// Where it is: <c>host:6379[,host2:6379…][,password=…][,ssl=true][,defaultDatabase=1]</c>, or <c>redis://[:password@]host[:port][/database]</c>,
    /// <c>rediss://</c> with TLS. A secret when it has a password.
    /// </summary>
    public string? Connection { get; set; }

    /// <summary>A file that holds it; line ends after it do not count.</summary>
    public string? ConnectionFile { get; set; }

    /// <summary>What every key begins with: up to 64 visible ASCII characters.</summary>
    public string Prefix { get; set; } = "pn:";

    /// <summary>How long it may take to answer; then it counts as away: 50 ms to 30 s.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a node counts as alive after its last heartbeat, of which it sends three in this time: 1 s to 5 min.</summary>
    public TimeSpan NodeLifetime { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often a heartbeat is sent.</summary>
    public TimeSpan Heartbeat => NodeLifetime / 3;

    public IEnumerable<SettingError> Check() =>
    [
        .. CheckTexts(),
        .. SettingError.Range($"{Section}:{nameof(Timeout)}", Timeout, TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(30)),
        .. SettingError.Range($"{Section}:{nameof(NodeLifetime)}", NodeLifetime, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)),
    ];

    private IEnumerable<SettingError> CheckTexts()
    {
        if (!string.IsNullOrEmpty(Connection) && !string.IsNullOrEmpty(ConnectionFile))
            yield return new SettingError($"{Section}:{nameof(Connection)}", null, "cannot be combined with Redis:ConnectionFile: keep one of them");
        else if (!string.IsNullOrEmpty(Connection) && RedisAddress.FindFault(Connection) is { } fault)
            yield return new SettingError($"{Section}:{nameof(Connection)}", null, fault);
        if (Prefix.Length > MaxPrefix || Prefix.Any(static c => c is <= ' ' or > '~'))
            yield return new SettingError($"{Section}:{nameof(Prefix)}", Prefix, $"it must be up to {MaxPrefix} visible ASCII characters without spaces");
    }
}
