namespace PushNode.Cluster.Redis;

/// <summary>What this node tells an operator about Redis and what is in it.</summary>
internal static partial class RedisLog
{
    [LoggerMessage(1, LogLevel.Information, "Redis is reached at {Address} ({Kind})")]
    public static partial void Reached(this ILogger logger, string address, string kind);

    [LoggerMessage(2, LogLevel.Warning, "Redis at {Address} cannot be used: {Why}. The node goes on with what it knows, and tries again")]
    public static partial void Away(this ILogger logger, string address, string why);

    [LoggerMessage(3, LogLevel.Information, "Redis at {Address} can be used again, after {Seconds} s: routes are written again")]
    public static partial void Back(this ILogger logger, string address, double seconds);

    [LoggerMessage(4, LogLevel.Warning, "Redis has lost what was in it ({What}): this node writes its routes again")]
    public static partial void Forgotten(this ILogger logger, string what);

    [LoggerMessage(5, LogLevel.Warning, "Redis refused {What}: {Why}. If the key {Key} holds something that is not PushNode's, delete it, or give PushNode a Redis:Prefix of its own")]
    public static partial void KeyRefused(this ILogger logger, string what, string key, string why);

    [LoggerMessage(6, LogLevel.Warning, "The heartbeat had lapsed for {Seconds} s (the process was stopped, or Redis away): this node goes on as {Incarnation}, was {Former}")]
    public static partial void Renewed(this ILogger logger, double seconds, string incarnation, string former);

    [LoggerMessage(7, LogLevel.Error, "Two nodes have the address {Address}: this one ({Own}) and another ({Other}). Messages for one reach the other; give each a Cluster:Advertise of its own")]
    public static partial void AddressTaken(this ILogger logger, string address, string own, string other);

    [LoggerMessage(8, LogLevel.Information, "The address {Address} is this node's alone again")]
    public static partial void AddressFree(this ILogger logger, string address);

    [LoggerMessage(9, LogLevel.Information, "Node {Address} ({Roles}, version {Version}) is there")]
    public static partial void PeerCame(this ILogger logger, string address, string roles, string version);

    [LoggerMessage(10, LogLevel.Information, "Node {Address} is gone")]
    public static partial void PeerWent(this ILogger logger, string address);

    [LoggerMessage(11, LogLevel.Warning, "Node {Address} is left out: it speaks version {Theirs} of the protocol between nodes, this one version {Ours}. Run the same version of PushNode on both")]
    public static partial void OtherProtocol(this ILogger logger, string address, string theirs, string ours);

    [LoggerMessage(12, LogLevel.Warning, "Node {Address} is left out: what {Key} holds is not what a node writes there")]
    public static partial void NoRecord(this ILogger logger, string address, string key);

    [LoggerMessage(13, LogLevel.Information, "Node {Address} stores the messages of this cluster; waiting up to {Seconds} s for its claim to lapse, in case it was killed a moment ago")]
    public static partial void WaitingForClaim(this ILogger logger, string address, double seconds);

    [LoggerMessage(14, LogLevel.Warning, "Redis is not reached, and this node did not store when it ran last: it takes no messages until it has found out whether another one stores")]
    public static partial void ClaimLater(this ILogger logger);

    [LoggerMessage(15, LogLevel.Critical, "Node {Address} stores the messages of this cluster, so this one ends: run collect on one node only")]
    public static partial void ClaimLost(this ILogger logger, string address);

    [LoggerMessage(16, LogLevel.Warning, "The store was {Former} and is {Epoch} now: clients are told to start over, and receive again what is kept")]
    public static partial void OtherEpoch(this ILogger logger, string former, string epoch);

    [LoggerMessage(17, LogLevel.Error, "{What} failed unexpectedly; it is tried again")]
    public static partial void Failed(this ILogger logger, string what, Exception exception);

    [LoggerMessage(18, LogLevel.Warning, "Redis is not reached: this node goes on as the one that stores, which it was before")]
    public static partial void ClaimRemembered(this ILogger logger);

    [LoggerMessage(19, LogLevel.Warning, "Node {Address} had claimed to store the messages of this cluster; this node's claim holds against that, or that node is gone")]
    public static partial void ClaimReplaced(this ILogger logger, string address);

    [LoggerMessage(20, LogLevel.Warning, "{Path} cannot be read or written ({Why}): started again while Redis is away, this node would not store")]
    public static partial void ClaimFileFailed(this ILogger logger, string path, string why);

    [LoggerMessage(21, LogLevel.Warning, "Whether the other nodes store in the same database could not be compared: {Reason}")]
    public static partial void NotCompared(this ILogger logger, string reason);

    [LoggerMessage(22, LogLevel.Critical, "The node {Address} was here before and stores elsewhere (its store has the epoch {Other}, this node's {Own}), so this node ends: Mongo:Connection and Mongo:Database must be the same on all nodes of a cluster, or missing on all")]
    public static partial void StoresElsewhere(this ILogger logger, string address, string other, string own);
}
