using PushNode.Messages;

namespace PushNode.Collect;

/// <summary>What a producer asked for, checked. It points into the bytes it was parsed from and lives no longer than they do.</summary>
internal readonly ref struct CollectRequest
{
    /// <summary>Where it goes; not set when there is a list of recipients.</summary>
    public Channel Channel { get; init; }

    /// <summary>The channels of <c>userIds</c> in the order given, all different; null when the request names one target.</summary>
    public List<Channel>? Recipients { get; init; }

    /// <summary>The producer's own id; null when it gave none.</summary>
    public string? Id { get; init; }

    /// <summary>Time to live in seconds; null when it gave none.</summary>
    public long? Ttl { get; init; }

    public bool Ephemeral { get; init; }

    /// <summary>The label ("event" on the wire), or null.</summary>
    public string? Label { get; init; }

    /// <summary>The JSON value of <c>data</c>, byte for byte as sent.</summary>
    public ReadOnlySpan<byte> Data { get; init; }

    /// <summary>How many messages it is.</summary>
    public int MessageCount => Recipients?.Count ?? 1;
}
