namespace PushNode.Counting;

/// <summary>What a node has counted since its start, and what it has now.</summary>
internal sealed class NodeCounts
{
    /// <summary>Messages of producers that were answered 202.</summary>
    public long Accepted { get; set; }

    /// <summary>Live messages put into the outbox of a connection, counted for each connection.</summary>
    public long Delivered { get; set; }

    /// <summary>The same of messages that were read from the store for a client that was away, or slow.</summary>
    public long Replayed { get; set; }

    /// <summary>Ephemeral messages that somebody was to get and did not.</summary>
    public long Dropped { get; set; }

    /// <summary>Requests and lines of producers that were refused, messages that the store did not confirm, and clients that were refused.</summary>
    public long Refused { get; set; }

    /// <summary>Open connections.</summary>
    public int Connections { get; set; }

    /// <summary>Bytes that wait to be written to them.</summary>
    public long OutboxBytes { get; set; }

    /// <summary>From when a message was accepted until it was put into the outboxes of a channel's connections.</summary>
    public LatencySum Latencies { get; } = new();
}
