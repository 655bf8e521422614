namespace PushNode.Storage.Remote;

/// <summary>
/// What nodes ask the one that stores, and how much at a time. Every answer begins with the store's epoch and the run (incarnation) of the node that
/// stores.
/// </summary>
internal static class StoreProtocol
{
    /// <summary>-> flag, text: its trouble, if it has any.</summary>
    public const string Status = "/store/status";

    /// <summary>Pages of channels (count; channel, after, bytes) -> the first of them (flag; through, head, messages): the rest is to be asked for again.</summary>
    public const string Read = "/store/read";

    /// <summary>One message (channel, seq) -> flag, message.</summary>
    public const string Find = "/store/find";

    /// <summary>Channels (count; channel) -> the head of each.</summary>
    public const string Heads = "/store/heads";

    /// <summary>Devices (count; user, device, channels) -> for each channel flag, cursor.</summary>
    public const string Cursors = "/store/cursors";

    /// <summary>Moved cursors of an epoch (epoch, count; user, device, channel, seq) -> flag: durable now, or the epoch is another one.</summary>
    public const string Move = "/store/move";

    /// <summary>The devices with a cursor (channel, limit) -> count; user, device, seq.</summary>
    public const string Devices = "/store/devices";

    /// <summary>Revocations by user id (the last one known, or empty) -> count; user, before; flag: there are more.</summary>
    public const string Revocations = "/store/revocations";

    /// <summary>One revocation (user, before) -> nothing: it is durable.</summary>
    public const string Revoke = "/store/revoke";

    /// <summary>The most channels in one request, those of all devices together.</summary>
    public const int MaxChannels = 4096;

    /// <summary>The most pages in one request.</summary>
    public const int MaxPages = 256;

    /// <summary>The largest page, in bytes of frames; a message longer than that is a page of its own.</summary>
    public const int MaxPageBytes = 1024 * 1024;

    /// <summary>An answer with this many bytes takes no further page.</summary>
    public const int FullAnswerBytes = 1024 * 1024;

    /// <summary>The most cursors in one request.</summary>
    public const int MaxMoves = 10_000;

    /// <summary>The most devices in one answer.</summary>
    public const int MaxDevices = 10_000;

    /// <summary>The most revocations in one answer.</summary>
    public const int MaxRevocations = 50_000;
}
