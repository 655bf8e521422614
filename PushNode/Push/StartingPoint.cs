using PushNode.Messages;

namespace PushNode.Push;

/// <summary>What decides where a replay starts.</summary>
/// <param name="Given">The position the client gave, or null.</param>
/// <param name="Epoch">The epoch it is of, or null when the client does not say.</param>
/// <param name="Stored">The device's cursor in the store, or null; above every head when it is of an earlier epoch.</param>
internal readonly record struct StartingPoint(long? Given, string? Epoch, long? Stored)
{
    /// <summary>Whether the position asked for is of another epoch, or above the head (a store that was restored).</summary>
    public bool NeedsReset(long head, string epoch) =>
        Given is { } given ? given > head || (Epoch is not null && Epoch != epoch) : Stored > head;

    /// <summary>What the device is known to have; 0 when its cursor is above the head, which says nothing here.</summary>
    public long Acknowledged(long head) => Stored <= head ? Stored.Value : 0;

    /// <summary>The seq after which messages are read: what the client gave, else its cursor, else everything (its own channel) or nothing (others).</summary>
    public long Position(ChannelKind kind, long head) => Given ?? Stored ?? (kind == ChannelKind.User ? 0 : head);
}
