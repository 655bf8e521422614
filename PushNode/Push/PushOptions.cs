using PushNode.Settings;

namespace PushNode.Push;

/// <summary>Settings of the push role (section <c>Push</c>).</summary>
internal sealed class PushOptions : ISettings
{
    public static string Section => "Push";

    /// <summary>
    /// What may wait in memory for one connection, in bytes: 64 KiB to 64 MiB. Beyond it a connection is slow: durable messages are read from the
    /// store when it has caught up, ephemeral ones are dropped.
    /// </summary>
    public int OutboxBytes { get; set; } = 256 * 1024;

    /// <summary>
    /// What may be under way to a WebSocket client, in bytes, before a pong has proved its arrival: 64 KiB to 64 MiB. Beyond it a connection is slow. A client
    /// that takes this much within the <see cref="HeartbeatTimeout"/> is never called silent.
    /// </summary>
    public int UnprovedBytes { get; set; } = 512 * 1024;

    /// <summary>How long a client may be silent before it is pinged: 1 s to 10 min.</summary>
    public TimeSpan HeartbeatInterval { get; set; } = TimeSpan.FromSeconds(25);

    /// <summary>How long a client may be silent before its connection is closed with 4408: longer than the interval, at most 1 h.</summary>
    public TimeSpan HeartbeatTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>With <c>ack=auto</c>, the shortest time between two pings that prove the arrival of messages: 100 ms to 1 min.</summary>
    public TimeSpan ProofInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a socket may take nothing of what is written to it before it is cut: 1 s to 1 h.</summary>
    public TimeSpan WriteTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long a client may take to finish a frame that it has begun: 1 s to 5 min.</summary>
    public TimeSpan FrameTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a client may take to answer a close frame: 100 ms to 1 min.</summary>
    public TimeSpan CloseTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The largest message a client may send, in bytes: 1 KiB to 1 MiB. Beyond it: close 1009.</summary>
    public int MaxClientMessageBytes { get; set; } = 16 * 1024;

    /// <summary>
    /// Frames a client may send per second in the long run, beside one for each message it was sent: 1 to 100,000. Beyond it: close 1008.
    /// </summary>
    public int ClientFramesPerSecond { get; set; } = 50;

    /// <summary>Frames a client may send at once before <see cref="ClientFramesPerSecond"/> holds: 1 to 1,000,000.</summary>
    public int ClientFrameBurst { get; set; } = 500;

    /// <summary>Topics one connection may be subscribed to: 0 to 10,000.</summary>
    public int MaxTopicsPerConnection { get; set; } = 100;

    /// <summary>Connections one user may have on this node: 1 to 1,000,000. Beyond it: 429.</summary>
    public int MaxConnectionsPerUser { get; set; } = 100;

    /// <summary>Connections one client address may have on this node; 0 for no limit, which is right behind a load balancer. Beyond it: 429.</summary>
    public int MaxConnectionsPerAddress { get; set; }

    /// <summary>Connections this node takes: 1 to 10,000,000. Beyond it: 503.</summary>
    public int MaxConnections { get; set; } = 1_000_000;

    /// <summary>The origins (<c>https://app.example.com</c>) whose pages may connect; empty: every origin, since each connection needs a token.</summary>
    public string[] AllowedOrigins { get; set; } = [];

    /// <summary>How often the heads of all held channels are compared with what was delivered: 100 ms to 10 min.</summary>
    public TimeSpan ReconcileInterval { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// In a cluster, how often each held channel's route is written again: 1 s to 5 min, half of what a route lives. With it the channel is compared with the
    /// store's own head.
    /// </summary>
    public TimeSpan RouteRefresh { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a message that overtook another waits for it before the store is asked: 0 to 10 s.</summary>
    public TimeSpan GapWait { get; set; } = TimeSpan.FromMilliseconds(20);

    public IEnumerable<SettingError> Check() =>
    [
        .. SettingError.Range($"{Section}:{nameof(OutboxBytes)}", OutboxBytes, 64 * 1024, 64 * 1024 * 1024),
        .. SettingError.Range($"{Section}:{nameof(UnprovedBytes)}", UnprovedBytes, 64 * 1024, 64 * 1024 * 1024),
        .. SettingError.Range($"{Section}:{nameof(HeartbeatInterval)}", HeartbeatInterval, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10)),
        .. SettingError.Range($"{Section}:{nameof(HeartbeatTimeout)}", HeartbeatTimeout, HeartbeatInterval + TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
        .. SettingError.Range($"{Section}:{nameof(ProofInterval)}", ProofInterval, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)),
        .. SettingError.Range($"{Section}:{nameof(WriteTimeout)}", WriteTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
        .. SettingError.Range($"{Section}:{nameof(FrameTimeout)}", FrameTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)),
        .. SettingError.Range($"{Section}:{nameof(CloseTimeout)}", CloseTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1)),
        .. SettingError.Range($"{Section}:{nameof(MaxClientMessageBytes)}", MaxClientMessageBytes, 1024, 1024 * 1024),
        .. SettingError.Range($"{Section}:{nameof(ClientFramesPerSecond)}", ClientFramesPerSecond, 1, 100_000),
        .. SettingError.Range($"{Section}:{nameof(ClientFrameBurst)}", ClientFrameBurst, 1, 1_000_000),
        .. SettingError.Range($"{Section}:{nameof(MaxTopicsPerConnection)}", MaxTopicsPerConnection, 0, 10_000),
        .. SettingError.Range($"{Section}:{nameof(MaxConnectionsPerUser)}", MaxConnectionsPerUser, 1, 1_000_000),
        .. SettingError.Range($"{Section}:{nameof(MaxConnectionsPerAddress)}", MaxConnectionsPerAddress, 0, 10_000_000),
        .. SettingError.Range($"{Section}:{nameof(MaxConnections)}", MaxConnections, 1, 10_000_000),
        .. SettingError.Range($"{Section}:{nameof(ReconcileInterval)}", ReconcileInterval, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(10)),
        .. SettingError.Range($"{Section}:{nameof(RouteRefresh)}", RouteRefresh, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(5)),
        .. SettingError.Range($"{Section}:{nameof(GapWait)}", GapWait, TimeSpan.Zero, TimeSpan.FromSeconds(10)),
        .. AllowedOrigins.Where(static o => !IsOrigin(o)).Select(static o =>
            new SettingError($"{Section}:{nameof(AllowedOrigins)}", o, "an origin is a scheme and a host without a path, like https://app.example.com")),
    ];

    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.GetLeftPart(UriPartial.Authority) == text;
}
